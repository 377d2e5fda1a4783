"""A wire on the canvas, and the pill that says what flows along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from engine.graph.layer_graph import Wire
from studio.qt import theme
from studio.qt.canvas.node_item import SMALLEST_READABLE

_GRIP = 12.0
"""Width within which a press means the wire, px."""
_PILL_HEIGHT = 18.0
_WIDEST_PILL = 240.0
_SHORTEST_LEAD = 24.0
_WIRES, _WRONG_WIRES, _PILLS = 0.0, 0.5, 1.0
"""What lies above what; cards lie above all of these."""


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """Return a smooth curve that leaves ``start`` downwards and comes to ``end`` from above."""
    drop = end.y() - start.y()
    lead = max(_SHORTEST_LEAD, abs(drop) / 2)
    if drop < 0:
        lead = max(lead, abs(end.x() - start.x()) / 4)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(0, lead), end - QPointF(0, lead), end)
    return path


class WireItem(QGraphicsItem):
    """Mirrors one wire. Its pill is an item of its own, which lies above all wires."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.pill = Pill(self)
        self.is_wrong = False
        self._path = QPainterPath()
        self._is_hovered = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)
        self.setZValue(_WIRES)

    def put_into(self, scene: QGraphicsScene) -> None:
        """Add the wire and its pill to a scene."""
        scene.addItem(self)
        scene.addItem(self.pill)

    def take_out(self) -> None:
        """Remove the wire and its pill from their scene."""
        scene = self.scene()
        scene.removeItem(self.pill)
        scene.removeItem(self)

    def show_all(self, is_shown: bool) -> None:
        """Show or hide the wire with its pill."""
        self.setVisible(is_shown)
        self.pill.setVisible(is_shown)

    def run(self, start: QPointF, end: QPointF) -> None:
        """Lead the wire from a place of the scene to another."""
        path = curve(start, end)
        if path != self._path:
            self.prepareGeometryChange()
            self._path = path
            self.pill.setPos(path.pointAtPercent(0.5))

    def show_flow(self, words: str, explanation: str, *, is_wrong: bool) -> None:
        """Show what flows, or what is wrong with it; ``explanation`` is the tooltip."""
        if is_wrong != self.is_wrong:
            self.is_wrong = is_wrong
            self.setZValue(_WRONG_WIRES if is_wrong else _WIRES)
            self.update()
        self.prepareGeometryChange()  # the pill's place belongs to the wire's grip
        self.pill.say(words)
        self.setToolTip(explanation)
        self.pill.setToolTip(explanation)

    @property
    def is_lit(self) -> bool:
        """Whether the wire is selected or under the pointer."""
        return self._is_hovered or self.isSelected()

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().united(self.pill.sceneBoundingRect()).adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(_GRIP)
        path = stroker.createStroke(self._path)
        path.addRect(self.pill.sceneBoundingRect())
        path.setFillRule(Qt.FillRule.WindingFill)
        return path

    def hoverEnterEvent(self, event: object) -> None:
        self._set_hovered(True)

    def hoverLeaveEvent(self, event: object) -> None:
        self._set_hovered(False)

    def _set_hovered(self, is_hovered: bool) -> None:
        self._is_hovered = is_hovered
        self.update()
        self.pill.update()

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self.pill.update()
        return super().itemChange(change, value)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.colour(), 3 if self.isSelected() else 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self.is_wrong:
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)

    def colour(self, usual: str = "wire") -> QColor:
        """Return the colour of the wire, or of what belongs to it and is usually of another."""
        return theme.colour("accent" if self.is_lit else "error" if self.is_wrong else usual)


class Pill(QGraphicsItem):
    """The words on a wire. The mouse goes through it to the wire."""

    def __init__(self, wire: WireItem) -> None:
        super().__init__()
        self._wire = wire
        self._rect = QRectF()
        self.words = ""
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(_PILLS)

    def say(self, words: str) -> None:
        """Show these words, cut where they are very long."""
        metrics = QFontMetricsF(theme.secondary_font())
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, _WIDEST_PILL - 16)
        if words != self.words:
            self.prepareGeometryChange()
            self.words = words
            width = metrics.horizontalAdvance(words) + 16 if words else 0.0
            self._rect = QRectF(-width / 2, -_PILL_HEIGHT / 2, width, _PILL_HEIGHT)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-1, -1, 1, 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        detail = option.levelOfDetailFromTransform(painter.worldTransform())
        if not self.words or detail < SMALLEST_READABLE:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._wire.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(self._rect, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setPen(theme.colour("error" if self._wire.is_wrong else "secondary"))
        painter.setFont(theme.secondary_font())
        painter.drawText(self._rect, Qt.AlignmentFlag.AlignCenter, self.words)
