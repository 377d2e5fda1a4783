"""A layer's card on the canvas."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsRectItem

from engine.errors import NetworkError
from engine.layers.base import Layer
from engine.plan.analysis.partition.places import Place
from studio.qt import theme
from studio.qt.canvas.card import CARD, RADIUS, Look, paint_card
from studio.qt.canvas.pictures import Picture, Pictures
from studio.qt.canvas.ports import PORT_REACH, PortRef, port_place, ports_of
from studio.qt.texts import error_text, layer_text


class NodeItem(QGraphicsRectItem):
    """Mirrors one layer: ``show_layer`` says what, the scene says where. It is a picture and an outline."""

    def __init__(self, name: str, pictures: Pictures) -> None:
        super().__init__(CARD)
        self.name = name
        self._look: Look | None = None
        self._problems: tuple[NetworkError, ...] = ()
        self._pictures = pictures
        self.picture = Picture(self, self.paint_card)
        self.picture.place(CARD.adjusted(-PORT_REACH, -PORT_REACH, PORT_REACH, PORT_REACH))
        self._outline = QGraphicsPathItem(_round_path(), self)
        self._outline.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._outline.hide()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setAcceptHoverEvents(True)
        self.setZValue(2)
        self._dress_outline()

    # ---- what it shows -----------------------------------------------------------------------------------

    @property
    def layer(self) -> Layer | None:
        """The layer that is shown."""
        return self._look.layer if self._look else None

    def show_layer(
        self,
        layer: Layer,
        problems: tuple[NetworkError, ...],
        missing: frozenset[int],
        *,
        facts: tuple[str, ...] = (),
        share: float | None = None,
        strip: Place | None = None,
    ) -> None:
        """Show a layer's settings, its problems, which of its inputs lack a wire, and what the lens says."""
        before = self._look or Look(self.name, layer)
        look = Look(
            self.name,
            layer,
            has_problem=bool(problems),
            missing=missing,
            facts=facts,
            share=share,
            strip=strip,
            offered=before.offered,
            hovered=before.hovered,
        )
        if look != self._look or problems != self._problems:
            self._problems = problems
            self._explain(layer)
        self._wear(look)

    def rename(self, name: str) -> None:
        """Show another name, from the next ``show_layer`` on."""
        self.name = name

    @property
    def offered(self) -> frozenset[PortRef]:
        """The ports that are lit up because the wire that is being drawn may end there."""
        return self._look.offered if self._look else frozenset()

    def offer(self, ports: frozenset[PortRef]) -> None:
        """Light up the ports at which a wire that is being drawn may end."""
        if self._look and ports != self._look.offered:
            self._wear(replace(self._look, offered=ports))

    def hover(self, port: PortRef | None) -> None:
        """Light up the port under the pointer."""
        if self._look and port != self._look.hovered:
            self._wear(replace(self._look, hovered=port))

    def dress(self) -> None:
        """Take the colours and fonts of the theme again."""
        self._dress_outline()
        if self.layer:
            self._explain(self.layer)
        self._pictures.ask(self.picture)

    def _wear(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self._pictures.ask(self.picture)

    def paint_card(self, painter: QPainter, scale: float) -> None:
        """Paint the card with its corner at the origin."""
        if self._look:
            paint_card(painter, self._look, scale)

    def _dress_outline(self) -> None:
        self._outline.setPen(QPen(theme.colour("accent"), 2))

    def _explain(self, layer: Layer) -> None:
        error = theme.current().colours.error
        words = [f"<b>{escape(self.name)}</b> – {escape(layer_text(layer.title))}"]
        words.append(escape(layer_text(layer.summary)))
        words += [
            f"<span style='color:{error}'>{escape(error_text(problem))}</span>" for problem in self._problems
        ]
        self.setToolTip("<p>" + "</p><p>".join(words) + "</p>")

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self._outline.setVisible(self.isSelected())
        return super().itemChange(change, value)

    # ---- where things are --------------------------------------------------------------------------------

    def ports(self) -> list[PortRef]:
        """Return all ports."""
        return ports_of(self.name, self.layer) if self.layer else []

    def port_point(self, port: PortRef) -> QPointF:
        """Return a port's centre in the scene's coordinates."""
        return self.pos() + port_place(self.layer, port)

    def port_at(self, place: QPointF) -> PortRef | None:
        """Return the port within reach of a place of the scene."""
        local = place - self.pos()
        if not self.picture.rect.contains(local):
            return None
        distances = [
            ((port_place(self.layer, port) - local).manhattanLength(), port) for port in self.ports()
        ]
        reached = [(distance, port) for distance, port in distances if distance <= PORT_REACH]
        return min(reached, key=lambda found: found[0])[1] if reached else None


def _round_path() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(CARD, RADIUS, RADIUS)
    return path
