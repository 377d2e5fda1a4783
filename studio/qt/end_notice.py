"""Tells whoever is elsewhere that a training has ended."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from studio.models.run import RunModel


class EndNotice(QObject):
    """Has the window system point at a window that is not looked at, once its training has ended."""

    def __init__(self, window: QWidget, run: RunModel) -> None:
        super().__init__(window)
        self._window, self._run = window, run
        self._was_under_way = run.state.under_way
        run.state_changed.connect(self._on_state)

    def _on_state(self) -> None:
        was_under_way, self._was_under_way = self._was_under_way, self._run.state.under_way
        if was_under_way and self._run.state.ended and not self._window.isActiveWindow():
            QApplication.alert(self._window)
