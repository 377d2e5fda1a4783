"""A slider through the kept snapshots, on the course of the loss."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSlider, QStyle, QWidget

from engine.curves import Column
from studio.qt import theme

HEIGHT = 36
MARGIN = 6
"""Room at both ends, so that the mark of the first and last snapshot is whole, px."""


class TimeSlider(QSlider):
    """One place a snapshot; behind the mark the training loss at these snapshots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._losses: Column = np.empty(0)
        self.setMinimumHeight(HEIGHT)
        self.setPageStep(5)

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def show_losses(self, losses: Column) -> None:
        """Set the loss at each snapshot."""
        self._losses = losses
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _go_to(self, event: QMouseEvent) -> None:
        span = self.width() - 2 * MARGIN
        place = round(event.position().x()) - MARGIN
        self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, span))
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() - 5.5
        painter.setPen(theme.colour("line"))
        painter.drawLine(QPointF(MARGIN, middle), QPointF(self.width() - MARGIN, middle))
        painter.setPen(theme.colour("accent"))
        painter.drawPolyline(QPolygonF(self._loss_line()))
        x = self._place(self.value())
        painter.setPen(QPen(theme.colour("accent"), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, middle))
        painter.setBrush(theme.colour("accent" if self.hasFocus() else "surface"))
        painter.setPen(QPen(theme.colour("accent"), 2))
        painter.drawEllipse(QPointF(x, middle), 4.5, 4.5)

    def _place(self, value: float) -> float:
        return MARGIN + value / max(1, self.maximum()) * (self.width() - 2 * MARGIN)

    def _loss_line(self) -> list[QPointF]:
        finite = np.flatnonzero(np.isfinite(self._losses))
        if len(finite) < 2:
            return []
        values = self._losses[finite]
        low, high = values.min(), values.max()
        depth = (high - values) / (high - low if high > low else 1.0)
        y = 2 + depth * (self.height() - 16)
        return [QPointF(self._place(float(index)), height) for index, height in zip(finite, y, strict=True)]
