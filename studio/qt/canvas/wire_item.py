"""A wire on the canvas, with a pill that says what flows along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyle, QStyleOptionGraphicsItem, QWidget

from engine.graph.layer_graph import Wire
from studio.qt import theme

_GRIP = 12.0
"""Width within which a press means the wire, px."""
_PILL_HEIGHT = 18.0
_WIDEST_PILL = 240.0
_SHORTEST_LEAD = 24.0


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
    """Mirrors one wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self._path = QPainterPath()
        self._pill = QRectF()
        self._words = ""
        self._is_wrong = False
        self._is_hovered = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)

    def run(self, start: QPointF, end: QPointF) -> None:
        """Lead the wire from a place of the scene to another."""
        path = curve(start, end)
        if path != self._path:
            self.prepareGeometryChange()
            self._path = path
            self._place_pill()

    def show_flow(self, words: str, explanation: str, *, is_wrong: bool) -> None:
        """Show what flows, or what is wrong with it; ``explanation`` is the tooltip."""
        if (words, is_wrong) != (self._words, self._is_wrong):
            self.prepareGeometryChange()
            self._is_wrong = is_wrong
            self._words = QFontMetricsF(theme.secondary_font()).elidedText(
                words, Qt.TextElideMode.ElideRight, _WIDEST_PILL - 16
            )
            self._place_pill()
        self.setToolTip(explanation)

    @property
    def words(self) -> str:
        """What the pill says."""
        return self._words

    @property
    def is_wrong(self) -> bool:
        """Whether the wire is drawn as a problem."""
        return self._is_wrong

    def _place_pill(self) -> None:
        if not self._words:
            self._pill = QRectF()
            return
        width = QFontMetricsF(theme.secondary_font()).horizontalAdvance(self._words) + 16
        middle = self._path.pointAtPercent(0.5)
        self._pill = QRectF(middle.x() - width / 2, middle.y() - _PILL_HEIGHT / 2, width, _PILL_HEIGHT)

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().united(self._pill).adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(_GRIP)
        path = stroker.createStroke(self._path)
        path.addRect(self._pill)
        path.setFillRule(Qt.FillRule.WindingFill)
        return path

    def hoverEnterEvent(self, event: object) -> None:
        self._is_hovered = True
        self.update()

    def hoverLeaveEvent(self, event: object) -> None:
        self._is_hovered = False
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        usual = "error" if self._is_wrong else "wire"
        colour = theme.colour("accent" if is_selected or self._is_hovered else usual)
        pen = QPen(colour, 3 if is_selected else 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self._is_wrong:
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        if self._words:
            edge = colour if self._is_wrong or is_selected or self._is_hovered else theme.colour("line")
            painter.setPen(QPen(edge, 1))
            painter.setBrush(theme.colour("surface"))
            painter.drawRoundedRect(self._pill, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
            painter.setPen(theme.colour("error" if self._is_wrong else "secondary"))
            painter.setFont(theme.secondary_font())
            painter.drawText(self._pill, Qt.AlignmentFlag.AlignCenter, self._words)
