"""How numbers were spread, over the course of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.protocol.messages import Histogram
from studio.models.readings import three_digits
from studio.qt import theme

ROWS = 64
"""Intervals of the picture, up."""

CAPTION = 16
"""Height of the title, px."""

SCALE = 56
"""Width of the numbers beside the picture, px."""


class SpreadPicture(QWidget):
    """A column a reading: the stronger its colour, the more numbers lie there."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._spreads: Sequence[Histogram] = ()
        self._steps: Sequence[int] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(160, 56)

    def show_spreads(self, steps: Sequence[int], spreads: Sequence[Histogram]) -> None:
        """Show these readings, which were made at ``steps``."""
        self._steps, self._spreads = steps, spreads
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        painter.setPen(theme.colour("secondary"))
        painter.drawText(QRect(0, 0, self.width(), CAPTION), Qt.AlignmentFlag.AlignLeft, self._title)
        place = QRect(SCALE, CAPTION + 2, self.width() - SCALE, self.height() - CAPTION - 2)
        painter.fillRect(place, theme.colour("background"))
        if not self._spreads:
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.tr("none"))
            return
        low, high, table = spread_table(self._spreads)
        painter.drawImage(place, _tinted(table))
        right = Qt.AlignmentFlag.AlignRight
        scale = QRect(0, place.top(), SCALE - 4, place.height())
        painter.drawText(scale, right | Qt.AlignmentFlag.AlignTop, three_digits(high))
        painter.drawText(scale, right | Qt.AlignmentFlag.AlignBottom, three_digits(low))
        if low < 0 < high:
            zero = place.bottom() - round(-low / (high - low) * place.height())
            painter.setPen(theme.colour("line"))
            painter.drawLine(place.left(), zero, place.right(), zero)


def spread_table(spreads: Sequence[Histogram]) -> tuple[float, float, NDArray[np.float64]]:
    """Return the common range, and densities (rows, readings), from the top down, 1 the largest of each."""
    low, high = min(spread.low for spread in spreads), max(spread.high for spread in spreads)
    if low == high:
        low, high = low - 0.5, high + 0.5
    centres = high - (np.arange(ROWS) + 0.5) * (high - low) / ROWS
    table = np.zeros((ROWS, len(spreads)))
    for column, spread in enumerate(spreads):
        width = (spread.high - spread.low) / len(spread.counts)
        inside = np.flatnonzero((centres >= spread.low) & (centres <= spread.high))
        if width == 0 or not len(inside):  # it lies within a row
            table[np.abs(centres - spread.low).argmin(), column] = 1.0
            continue
        bins = np.minimum(((centres[inside] - spread.low) / width).astype(np.intp), len(spread.counts) - 1)
        counts = np.array(spread.counts, np.float64)
        table[inside, column] = counts[bins] / max(counts.max(), 1.0)
    return low, high, table


def _tinted(table: NDArray[np.float64]) -> QImage:
    """Return densities as the accent colour of that opacity; square roots show what is rare."""
    accent = theme.colour("accent")
    height, width = table.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = (accent.red(), accent.green(), accent.blue())
    pixels[..., 3] = np.rint(255 * np.sqrt(table))
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
