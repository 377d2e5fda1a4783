"""What the window remembers from start to start: its place, its panels, its workspace."""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter

from studio.qt.window_place import bring_onto_a_screen, fill_a_small_screen

Workspace = Literal["data", "design", "training"]

_GEOMETRY, _STATE, _SPLITTER = "window/geometry", "window/state", "window/splitter"
_WORKSPACE = "window/workspace"
_LAYOUT_VERSION = 1
"""To be raised when docks change, so that an older arrangement is not put on them."""

_CANVAS_SHARE = (320, 1046)
"""Widths of the canvas and the training view in the training workspace, px."""


class WindowMemory:
    """Puts a window that is built back to how it was; ``splitter`` parts canvas and training view."""

    def __init__(self, window: QMainWindow, splitter: QSplitter) -> None:
        self._window, self._splitter = window, splitter
        self._settings = QSettings()
        self._first_state = window.saveState(_LAYOUT_VERSION)

    def restore(self) -> None:
        """Put the window where it was, or where it is seen."""
        if not self._window.restoreGeometry(self._kept(_GEOMETRY)):
            fill_a_small_screen(self._window)
        bring_onto_a_screen(self._window)
        self._window.restoreState(self._kept(_STATE), _LAYOUT_VERSION)
        if not self._splitter.restoreState(self._kept(_SPLITTER)):
            self._splitter.setSizes(list(_CANVAS_SHARE))

    def reset(self) -> None:
        """Put the panels back to where they belong, and the window onto a screen."""
        self._window.restoreState(self._first_state, _LAYOUT_VERSION)
        self._splitter.setSizes(list(_CANVAS_SHARE))
        bring_onto_a_screen(self._window)

    @property
    def workspace(self) -> Workspace:
        """The workspace that was open last; *Design* at the first start."""
        kept = self._settings.value(_WORKSPACE)
        return kept if kept in get_args(Workspace) else "design"

    def keep(self, workspace: Workspace) -> None:
        """Remember how the window is now."""
        self._settings.setValue(_GEOMETRY, self._window.saveGeometry())
        self._settings.setValue(_STATE, self._window.saveState(_LAYOUT_VERSION))
        self._settings.setValue(_WORKSPACE, workspace)
        if workspace == "training":
            self._settings.setValue(_SPLITTER, self._splitter.saveState())

    def _kept(self, key: str) -> QByteArray:
        """Return what is kept under a key; nothing where that makes no sense."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
