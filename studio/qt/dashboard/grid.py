"""The light grid behind the curves."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen


class Grid(pg.GraphicsObject):  # type: ignore[misc]
    """Lines at the ticks of two axes.

    pyqtgraph's own grid belongs to the axes, which then are drawn anew, labels and all, with each curve.
    """

    def __init__(self, box: Any, bottom: Any, left: Any) -> None:
        super().__init__()
        self._box, self._bottom, self._left = box, bottom, left
        self._pen = QPen()
        self._lines: list[QLineF] = []
        self.setZValue(-100)
        box.sigRangeChanged.connect(self._on_changed)
        box.sigResized.connect(self._on_changed)

    def set_pen(self, pen: QPen) -> None:
        """Choose how the lines look."""
        self._pen = pen
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.viewRect())

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setPen(self._pen)
        painter.drawLines(self._lines)

    def _on_changed(self) -> None:
        self.prepareGeometryChange()
        (left, right), (bottom, top) = self._box.viewRange()
        size = self._box.size()
        across = _ticks(self._bottom, left, right, size.width())
        up = _ticks(self._left, bottom, top, size.height())
        self._lines = [QLineF(x, bottom, x, top) for x in across] + [QLineF(left, y, right, y) for y in up]
        self.update()


def _ticks(axis: Any, low: float, high: float, size: float) -> list[float]:
    return [tick for _, ticks in axis.tickValues(low, high, size) for tick in ticks]
