"""A layer's card on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyle, QStyleOptionGraphicsItem, QWidget

from engine.errors import NetworkError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer
from studio.models.connecting import slot_of
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH
from studio.qt import icons, theme
from studio.qt.texts import error_text, layer_text

SMALLEST_READABLE = 0.35
"""Zoom below which words would be specks: they are left out, which keeps large networks fluid."""

CARD = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
_RADIUS = 6.0
_BAND = 6.0
_ICON = QRectF(_BAND + 10, 20, 24, 24)
_TEXT_LEFT = _ICON.right() + 10
_TEXT_WIDTH = CARD_WIDTH - _TEXT_LEFT - 8
_PORT_RADIUS = 5.0
_PORT_REACH = 12.0
"""How far from a port's centre a press still means the port, px."""
_BADGE = QPointF(CARD_WIDTH - 6, 4)
_BADGE_RADIUS = 8.0
_CAPTION_LINES = 2
_LINE_HEIGHT = 14.0


@dataclass(frozen=True)
class PortRef:
    """A port of a layer: one of its inputs by number, or its output."""

    layer: str
    side: Literal["input", "output"]
    index: int = 0


def input_of(graph: LayerGraph, wire: Wire) -> PortRef:
    """Return the input that a wire enters."""
    return PortRef(wire.target, "input", slot_of(graph[wire.target], wire.port))


class NodeItem(QGraphicsItem):
    """Mirrors one layer: ``show_layer`` says what, the scene says where."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.layer: Layer | None = None
        self._problems: tuple[NetworkError, ...] = ()
        self._missing: frozenset[int] = frozenset()
        self._lines: list[str] = []
        self._offered: frozenset[PortRef] = frozenset()
        self._hovered: PortRef | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)
        self.setZValue(2)

    # ---- what it shows -----------------------------------------------------------------------------------

    def show_layer(self, layer: Layer, problems: tuple[NetworkError, ...], missing: frozenset[int]) -> None:
        """Show a layer's settings, its problems, and which of its inputs lack a wire."""
        if (layer, problems, missing) == (self.layer, self._problems, self._missing):
            return
        self.prepareGeometryChange()
        self.layer, self._problems, self._missing = layer, problems, missing
        self._lines = caption_lines(layer)
        error = theme.current().colours.error
        words = [f"<b>{escape(self.name)}</b> – {escape(layer_text(layer.title))}"]
        words.append(escape(layer_text(layer.summary)))
        words += [f"<span style='color:{error}'>{escape(error_text(problem))}</span>" for problem in problems]
        self.setToolTip("<p>" + "</p><p>".join(words) + "</p>")
        self.update()

    def rename(self, name: str) -> None:
        """Show another name."""
        self.name = name
        self.layer = None  # the tooltip holds the name: make it again
        self.update()

    @property
    def offered(self) -> frozenset[PortRef]:
        """The ports that are lit up because the wire that is being drawn may end there."""
        return self._offered

    def offer(self, ports: frozenset[PortRef]) -> None:
        """Light up the ports at which a wire that is being drawn may end."""
        if ports != self._offered:
            self._offered = ports
            self.update()

    def hover(self, port: PortRef | None) -> None:
        """Light up the port under the pointer."""
        if port != self._hovered:
            self._hovered = port
            self.update()

    # ---- where things are --------------------------------------------------------------------------------

    def ports(self) -> list[PortRef]:
        """Return all ports."""
        if self.layer is None:
            return []
        inputs = [PortRef(self.name, "input", index) for index in range(len(self.layer.inputs))]
        return inputs if self.layer.is_cost else [*inputs, PortRef(self.name, "output")]

    def port_point(self, port: PortRef) -> QPointF:
        """Return a port's centre in the scene's coordinates."""
        return self.mapToScene(self._place(port))

    def port_at(self, place: QPointF) -> PortRef | None:
        """Return the port within reach of a place of the scene."""
        local = self.mapFromScene(place)
        distances = [((self._place(port) - local).manhattanLength(), port) for port in self.ports()]
        reached = [(distance, port) for distance, port in distances if distance <= _PORT_REACH]
        return min(reached, key=lambda found: found[0])[1] if reached else None

    def _place(self, port: PortRef) -> QPointF:
        if port.side == "output" or self.layer is None:
            return QPointF(CARD_WIDTH / 2, CARD_HEIGHT)
        count = max(1, len(self.layer.inputs))
        return QPointF(CARD_WIDTH * (port.index + 1) / (count + 1), 0.0)

    def boundingRect(self) -> QRectF:
        reach = _PORT_REACH
        return CARD.adjusted(-reach, -reach, reach, reach)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(CARD)
        return path

    # ---- painting ----------------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.layer is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hue = theme.family_colour(self.layer.family)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_card(painter, hue, is_selected)
        if self._problems:
            _paint_badge(painter)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < SMALLEST_READABLE:
            return
        icons.draw(painter, self.layer.kind, _ICON, hue)
        self._paint_words(painter)
        for port in self.ports():
            self._paint_port(painter, port)

    def _paint_card(self, painter: QPainter, hue: QColor, is_selected: bool) -> None:
        card = QPainterPath()
        card.addRoundedRect(CARD, _RADIUS, _RADIUS)
        painter.fillPath(card, theme.colour("surface"))
        painter.save()
        painter.setClipPath(card)
        painter.fillRect(QRectF(0, 0, _BAND, CARD_HEIGHT), hue)
        painter.restore()
        pen = QPen(theme.colour("accent"), 2) if is_selected else QPen(theme.colour("line"), 1)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(card)

    def _paint_words(self, painter: QPainter) -> None:
        height = _LINE_HEIGHT * (len(self._lines) + 1) + 3
        top = (CARD_HEIGHT - height) / 2
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.body_font(bold=True))
        name = _elided(self.name, painter.font(), Qt.TextElideMode.ElideMiddle)
        painter.drawText(_line(top, 16), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(theme.colour("secondary"))
        painter.setFont(theme.secondary_font())
        for index, words in enumerate(self._lines):
            painter.drawText(
                _line(top + 17 + index * _LINE_HEIGHT, _LINE_HEIGHT), Qt.AlignmentFlag.AlignVCenter, words
            )

    def _paint_port(self, painter: QPainter, port: PortRef) -> None:
        is_lit = port in self._offered or port == self._hovered
        is_missing = port.side == "input" and port.index in self._missing
        colour = theme.colour("accent" if is_lit else "error" if is_missing else "wire")
        radius = _PORT_RADIUS + 1.5 if is_lit else _PORT_RADIUS
        painter.setPen(QPen(colour, 2 if is_lit or is_missing else 1.5))
        painter.setBrush(colour if port == self._hovered else theme.colour("surface"))
        painter.drawEllipse(self._place(port), radius, radius)


def caption_lines(layer: Layer) -> list[str]:
    """Return a layer's caption, or its kind where it has none, in lines that fit its card."""
    font = theme.secondary_font()
    metrics = QFontMetricsF(font)
    lines: list[str] = []
    for part in (layer.caption() or layer_text(layer.title)).split(" · "):
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and (metrics.horizontalAdvance(joined) <= _TEXT_WIDTH or len(lines) == _CAPTION_LINES):
            lines[-1] = joined
        else:
            lines.append(part)
    return [_elided(line, font, Qt.TextElideMode.ElideRight) for line in lines]


def _elided(words: str, font: QFont, mode: Qt.TextElideMode) -> str:
    return QFontMetricsF(font).elidedText(words, mode, _TEXT_WIDTH)


def _line(top: float, height: float) -> QRectF:
    return QRectF(_TEXT_LEFT, top, _TEXT_WIDTH, height)


def _paint_badge(painter: QPainter) -> None:
    painter.setPen(QPen(theme.colour("background"), 2))
    painter.setBrush(theme.colour("error"))
    painter.drawEllipse(_BADGE, _BADGE_RADIUS, _BADGE_RADIUS)
    painter.setPen(theme.colour("surface"))
    painter.setFont(theme.secondary_font(bold=True))
    square = QRectF(_BADGE.x() - 8, _BADGE.y() - 8, 16, 16)
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "!")
