"""One filter, as large as there is room for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.models.pictured import Page
from studio.models.readings import three_digits
from studio.qt import theme
from studio.qt.filters.pointed import PointedView
from studio.qt.filters.tile_texts import weight_text

LINE = 20
"""Height of the line of text below the picture, px."""

MIDDLE = 128
"""The tone of 0."""

READABLE = 40
"""Width of a weight from which on its value is written into it, px."""


class EnlargedTile(PointedView):
    """Shows a tile with its name; a click or Esc goes back, the arrow keys to its neighbours."""

    closed = Signal()
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tile: NDArray[np.uint8] | None = None
        self._page: Page | None = None
        self._number = 0
        self._text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Click to go back; arrow keys for the neighbours"))

    def show_tile(self, tile: NDArray[np.uint8], page: Page, number: int, text: str) -> None:
        """Show the tones (height, width, 1 or 3) of a tile of a page, and what it is."""
        self._tile, self._page, self._number, self._text = tile, page, number, text
        self.setAccessibleName(text)
        self.read_out()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.closed.emit()
            case Qt.Key.Key_Right | Qt.Key.Key_Down:
                self.stepped.emit(1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up:
                self.stepped.emit(-1)
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.closed.emit()

    def words_at(self, position: QPoint) -> str:
        place = self._weight_at(position)
        return weight_text(self._page, self._number, place) if place and self._page else ""

    def _scale(self, tile: NDArray[np.uint8]) -> int:
        """Pixels that a weight is wide."""
        height, width = int(tile.shape[0]), int(tile.shape[1])
        return max(1, min((self.height() - 2 * LINE) // height, self.width() // width))

    def _picture(self, tile: NDArray[np.uint8]) -> QRect:
        """Where the tile is drawn."""
        scale = self._scale(tile)
        shown = QRect(0, 0, tile.shape[1] * scale, tile.shape[0] * scale)
        shown.moveCenter(QRect(0, 0, self.width(), self.height() - 2 * LINE).center())
        return shown

    def _weight_at(self, position: QPoint) -> tuple[int, int] | None:
        if self._tile is None or not self._picture(self._tile).contains(position):
            return None
        inside, scale = position - self._picture(self._tile).topLeft(), self._scale(self._tile)
        return inside.y() // scale, inside.x() // scale

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._tile is None:
            return
        height, width, channels = self._tile.shape
        colours = np.ascontiguousarray(np.broadcast_to(self._tile, (height, width, 3)))
        image = QImage(colours.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        painter = QPainter(self)
        painter.drawImage(self._picture(self._tile), image)
        painter.setFont(theme.secondary_font())
        if channels == 1 and self._scale(self._tile) >= READABLE:
            self._write_values(painter, self._tile)
        painter.setPen(theme.colour("secondary"))
        below = QRect(0, self.height() - 2 * LINE, self.width(), 2 * LINE)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._text)

    def _write_values(self, painter: QPainter, tile: NDArray[np.uint8]) -> None:
        """Write each weight's value into it, dark on light or light on dark."""
        assert self._page is not None
        values, scale = self._page.tile(self._number), self._scale(tile)
        for (row, column, _), tone in np.ndenumerate(tile):
            place = QRect(0, 0, scale, scale).translated(self._picture(tile).topLeft())
            place.translate(column * scale, row * scale)
            painter.setPen(Qt.GlobalColor.black if tone >= MIDDLE else Qt.GlobalColor.white)
            value = three_digits(float(values[row, column, 0]))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, value)
