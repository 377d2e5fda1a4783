"""Where the window is: whole at its first start, and back from screens that are no longer there."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

_FRAME = QSize(16, 48)
"""Room for what the window system draws around a window, px."""
_SEEN = (160, 48)
"""Width and height of the title bar's part that has to be on a screen to be taken hold of, px."""


def fill_a_small_screen(window: QWidget) -> None:
    """Maximise a window that has no place yet, where its screen is hardly larger than it."""
    wanted, room = window.size() + _FRAME, window.screen().availableSize()
    has_room = window.minimumSize().boundedTo(room) == window.minimumSize()
    if has_room and wanted.boundedTo(room) != wanted:
        window.setWindowState(Qt.WindowState.WindowMaximized)


def bring_onto_a_screen(window: QWidget) -> None:
    """Move a window whose title bar is on no screen into the middle of the first one, and make it fit."""
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    frame = window.frameGeometry()
    title_bar = QRect(frame.topLeft(), frame.topRight() + QPoint(0, _SEEN[1]))
    parts = [screen.intersected(title_bar) for screen in screens]
    if not screens or any(part.width() >= _SEEN[0] and part.height() >= _SEEN[1] // 2 for part in parts):
        return
    room = screens[0]
    window.resize(window.size().boundedTo(room.size()))
    place = QRect(QPoint(0, 0), window.size())
    place.moveCenter(room.center())
    window.move(place.topLeft())
