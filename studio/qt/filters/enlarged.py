"""One filter, as large as there is room for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.qt import theme

LINE = 20
"""Height of the line of text below the picture, px."""


class EnlargedTile(QWidget):
    """Shows a tile with its name; a click or Esc goes back, the arrow keys to its neighbours."""

    closed = Signal()
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tile: NDArray[np.uint8] | None = None
        self._text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Click to go back; arrow keys for the neighbours"))

    def show_tile(self, tile: NDArray[np.uint8], text: str) -> None:
        """Show a tile (height, width, 1 or 3) and what it is."""
        self._tile, self._text = tile, text
        self.setAccessibleName(text)
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

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._tile is None:
            return
        height, width, _ = self._tile.shape
        scale = max(1, min((self.height() - 2 * LINE) // height, self.width() // width))
        shown = QRect(0, 0, width * scale, height * scale)
        shown.moveCenter(QRect(0, 0, self.width(), self.height() - 2 * LINE).center())
        colours = np.ascontiguousarray(np.broadcast_to(self._tile, (height, width, 3)))
        image = QImage(colours.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        painter = QPainter(self)
        painter.drawImage(shown, image)
        painter.setFont(theme.secondary_font())
        painter.setPen(theme.colour("secondary"))
        below = QRect(0, self.height() - 2 * LINE, self.width(), 2 * LINE)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._text)
