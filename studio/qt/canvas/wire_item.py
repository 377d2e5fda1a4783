"""A wire on the canvas, and the pill that says what flows along it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsScene

from engine.graph.layer_graph import Wire
from studio.qt import theme
from studio.qt.canvas.card import SMALLEST_READABLE
from studio.qt.canvas.pictures import Picture, Pictures
from studio.qt.canvas.routes import Places, curve, route

_GRIP = 12.0
"""Width within which a press means the wire, px."""
_PILL_HEIGHT = 18.0
_WIDEST_PILL = 240.0
_WIRES, _WRONG_WIRES, _PILLS = 0.0, 0.5, 1.0
"""What lies above what; cards lie above all of these."""


@dataclass(frozen=True)
class Flow:
    """What a wire says: words on its pill, an explanation in its tooltip, and how it is drawn.

    ``is_new`` marks words that the change in hand has made, ``is_faint`` a wire without the lens's matter,
    ``is_double`` one along which something is sent between devices.
    """

    words: str
    explanation: str
    is_wrong: bool = False
    is_new: bool = False
    is_faint: bool = False
    is_double: bool = False


class WireItem(QGraphicsPathItem):
    """Mirrors one wire: it is what can be pressed, its line what is seen, and its pill lies above all wires.

    All three lie at the wire's start, so that a wire whose ends move together is only put elsewhere.
    """

    def __init__(self, wire: Wire, pictures: Pictures) -> None:
        super().__init__()
        self.wire = wire
        self.flow = Flow("", "")
        self._pictures = pictures
        self.line = QGraphicsPathItem(self)
        self.line.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._core = QGraphicsPathItem(self.line)
        self._core.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.pill = Picture(None, self.paint_pill)
        self.pill.setZValue(_PILLS)
        self._span: tuple[QPointF, int] | None = None
        self._is_hovered = False
        self._is_target = False
        self._is_thin = False
        self.setPen(QPen(Qt.GlobalColor.transparent, _GRIP))
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setAcceptHoverEvents(True)
        self.setZValue(_WIRES)
        self._dress()

    def put_into(self, scene: QGraphicsScene) -> None:
        """Add the wire and its pill to a scene."""
        scene.addItem(self)
        scene.addItem(self.pill)

    def take_out(self) -> None:
        """Remove the wire and its pill from their scene."""
        scene = self.scene()
        scene.removeItem(self.pill)
        scene.removeItem(self)
        self._pictures.forget([self.pill])

    def show_all(self, is_shown: bool) -> None:
        """Show or hide the wire with its pill."""
        self.setVisible(is_shown)
        self.pill.setVisible(is_shown)

    def run(self, start: QPointF, end: QPointF, cards: Places | None = None) -> None:
        """Lead the wire from a place of the scene to another, round the upper left corners of ``cards``."""
        path = curve(start, end) if cards is None else route(start, end, cards)
        path.translate(-start)
        if path != self.path():
            self.setPath(path)
            self.line.setPath(path)
            self._core.setPath(path)
        self.move(start)

    def move(self, start: QPointF) -> None:
        """Put the wire, as it is, to where it starts."""
        self.setPos(start)
        self.pill.setPos(start + self.path().pointAtPercent(0.5))

    def show_flow(self, flow: Flow) -> None:
        """Show what flows along the wire, or what is wrong with it."""
        if flow == self.flow:
            return
        self.flow = flow
        self.setZValue(_WRONG_WIRES if flow.is_wrong else _WIRES)
        self.setToolTip(flow.explanation)
        self.pill.setToolTip(flow.explanation)
        metrics = QFontMetricsF(theme.secondary_font())
        words = metrics.elidedText(flow.words, Qt.TextElideMode.ElideRight, _WIDEST_PILL - 16)
        width = metrics.horizontalAdvance(words) + 16 if words else 0.0
        rect = QRectF(-width / 2, -_PILL_HEIGHT / 2, width, _PILL_HEIGHT)
        self.pill.place(rect.adjusted(-1, -1, 1, 1) if words else QRectF())
        self.dress()

    def light(self, is_target: bool) -> None:
        """Light the wire up, because what is dragged over it can be led through it."""
        if is_target != self._is_target:
            self._is_target = is_target
            self.dress()

    def thin(self, is_thin: bool) -> None:
        """Draw the line a pixel of the screen wide, or as wide as the zoom makes it."""
        if is_thin != self._is_thin:
            self._is_thin = is_thin
            self._dress()

    def dress(self) -> None:
        """Draw line and pill anew."""
        self._dress()
        self._pictures.ask(self.pill)

    @property
    def is_wrong(self) -> bool:
        """Whether what flows does not fit."""
        return self.flow.is_wrong

    @property
    def is_lit(self) -> bool:
        """Whether the wire is selected, under the pointer, or about to take a layer."""
        return self._is_hovered or self._is_target or self.isSelected()

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(_GRIP)
        path = stroker.createStroke(self.path())
        path.addRect(self.pill.rect.translated(self.pill.pos() - self.pos()))
        path.setFillRule(Qt.FillRule.WindingFill)
        return path

    def hoverEnterEvent(self, event: object) -> None:
        self._is_hovered = True
        self.dress()

    def hoverLeaveEvent(self, event: object) -> None:
        self._is_hovered = False
        self.dress()

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self.dress()
        return super().itemChange(change, value)

    def _dress(self) -> None:
        strong = self.isSelected() or self._is_target
        width = 3.0 if strong else 1.25 if self.flow.is_faint else 2.0
        self._core.setVisible(self.flow.is_double and not self._is_thin)
        if self._core.isVisible():
            # Two lines are one with its middle left out.
            self._core.setPen(QPen(theme.colour("background"), width))
            width *= 3
        pen = QPen(self._colour(), width)
        if self._is_thin:
            pen.setCosmetic(True)
            pen.setWidthF(2.0 if strong else 1.0)
        if self.is_wrong:
            pen.setDashPattern([3, 3])
        elif self.flow.is_faint:
            pen.setDashPattern([1, 4])
        self.line.setPen(pen)

    def _colour(self, usual: str = "wire") -> QColor:
        """Return the colour of the wire, or of what belongs to it and is usually of another."""
        return theme.colour("accent" if self.is_lit else "error" if self.is_wrong else usual)

    def paint_line(self, painter: QPainter) -> None:
        """Paint the line with its start at the origin."""
        painter.setPen(self.line.pen())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())

    def paint_pill(self, painter: QPainter, scale: float) -> None:
        """Paint the pill with its middle at the origin."""
        if scale < SMALLEST_READABLE:
            return
        rect = self.pill.rect.adjusted(1, 1, -1, -1)
        painter.setPen(QPen(self._colour("accent" if self.flow.is_new else "line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(rect, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setPen(
            theme.colour("error" if self.is_wrong else "text" if self.flow.is_new else "secondary")
        )
        painter.setFont(theme.secondary_font())
        words = QFontMetricsF(painter.font()).elidedText(
            self.flow.words, Qt.TextElideMode.ElideRight, _WIDEST_PILL - 16
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
