"""Where on a plot something happened to the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QTransform

from engine.protocol.messages import CheckpointKept, Edited, LossSpiked, Rewound
from studio.models.marks import Mark
from studio.qt import theme

TICK = 5.0
"""Height of the tick of a checkpoint, and half the width of a sign, px."""

NEAR = 6.0
"""Pixels within which the pointer is at a mark."""


@dataclass(frozen=True)
class PlacedMark:
    """A mark, and its place on the axis."""

    place: float
    mark: Mark


_COLOURS: dict[type[Any], str] = {Edited: "accent", LossSpiked: "warning", Rewound: "error"}
_SIGNS: dict[type[Any], tuple[tuple[float, float], ...]] = {
    Edited: ((0, -1), (1, 0), (0, 1), (-1, 0)),
    LossSpiked: ((-1, 1), (0, -1), (1, 1)),
    Rewound: ((1, -1), (-1, 0), (1, 1)),
}
"""Shapes beside the colours: a diamond for edits, a triangle up for leaps, one to the left for going back."""


class MarkLines(pg.GraphicsObject):  # type: ignore[misc]
    """Ticks on the axis for checkpoints; dashed lines with a sign at their head for all else."""

    def __init__(self, box: Any) -> None:
        super().__init__()
        self._box = box
        self._marks: list[PlacedMark] = []
        self.setZValue(-50)
        box.sigRangeChanged.connect(self._on_changed)

    def show_marks(self, marks: list[PlacedMark]) -> None:
        """Show these marks."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.viewRect())

    def paint(self, painter: QPainter, *_: object) -> None:
        transform = painter.worldTransform()
        (left, right), (bottom, top) = self._box.viewRange()
        seen = [placed for placed in self._marks if left <= placed.place <= right]
        painter.save()
        painter.resetTransform()
        self._paint_ticks(painter, seen, transform, bottom)
        for placed in seen:
            if not isinstance(placed.mark, CheckpointKept):
                low = transform.map(QPointF(placed.place, bottom))
                self._paint_event(painter, placed.mark, low, transform.map(QPointF(placed.place, top)))
        painter.restore()

    def _paint_ticks(
        self, painter: QPainter, seen: list[PlacedMark], transform: QTransform, bottom: float
    ) -> None:
        """Paint all ticks at once, one in a column of pixels at most: a long run has thousands."""
        low = transform.map(QPointF(0.0, bottom))
        scale = transform.m11()
        places = (placed.place for placed in seen if isinstance(placed.mark, CheckpointKept))
        columns = {round(low.x() + scale * place) for place in places}
        painter.setPen(QPen(theme.colour("secondary"), 1))
        painter.drawLines([QLineF(x, low.y(), x, low.y() - TICK) for x in columns])

    def _paint_event(self, painter: QPainter, mark: Mark, low: QPointF, high: QPointF) -> None:
        colour = theme.colour(_COLOURS[type(mark)])
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawLine(low, high)
        head = high + QPointF(0, TICK)
        shape = [head + QPointF(TICK * x, TICK * y) for x, y in _SIGNS[type(mark)]]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(shape))

    def _on_changed(self) -> None:
        self.prepareGeometryChange()
        self.update()
