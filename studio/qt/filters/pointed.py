"""What both views of filters do: they say what is under the pointer, also when that changes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget


class PointedView(QWidget):
    """Emits ``pointed_at`` as the pointer moves, and whenever ``read_out`` is called while it rests."""

    pointed_at = Signal(str)
    """What is under the pointer, in words; "": nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pointer: QPoint | None = None
        self.setMouseTracking(True)

    def words_at(self, position: QPoint) -> str:
        """Return what is at a place; "": nothing."""
        raise NotImplementedError

    def read_out(self) -> None:
        """Say what is under the pointer now, if anyone sees it."""
        if self.isVisible():
            self.pointed_at.emit("" if self._pointer is None else self.words_at(self._pointer))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().toPoint()
        self.read_out()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.read_out()
