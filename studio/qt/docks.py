"""The panels around the canvas: layers and inspector at its sides, problems below."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

_WIDTHS: Final = (208, 320)
_NARROWEST: Final = (160, 320)
"""Widths of the panels at the left and at the right, px."""

_PROBLEMS_HEIGHT: Final = 136


class Docks(QObject):
    """Panels that stay in their places; those at the sides keep their widths while they are hidden."""

    def __init__(self, window: QMainWindow, palette: QWidget, inspector: QWidget, problems: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._widths = list(_WIDTHS)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.sides = [
            self._dock("palette", self.tr("Layers"), palette, left),
            self._dock("inspector", self.tr("Inspector"), inspector, right),
        ]
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        self.problems = self._dock("problems", self.tr("Problems"), problems, below)
        self.problems.hide()
        for panel, width in zip((palette, inspector), _NARROWEST, strict=True):
            panel.setMinimumWidth(width)
        self.take_widths()
        window.resizeDocks([self.problems], [_PROBLEMS_HEIGHT], Qt.Orientation.Vertical)

    def keep_widths(self) -> None:
        """Note how wide the sides are, where they are shown."""
        self._widths = [dock.width() for dock in self.sides if dock.isVisible()] or self._widths

    def take_widths(self) -> None:
        """Make the sides as wide as was noted."""
        self._window.resizeDocks(self.sides, self._widths, Qt.Orientation.Horizontal)

    def reset_widths(self) -> None:
        """Make the sides as wide as at first."""
        self._widths = list(_WIDTHS)
        self.take_widths()

    def show_sides(self, is_shown: bool) -> None:
        """Show or hide the panels at the sides."""
        for dock in self.sides:
            dock.setVisible(is_shown)

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        """Add a panel that stays in its place; its title is in the menu, not on the screen."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())
        content.setAutoFillBackground(True)
        content.setBackgroundRole(content.palette().ColorRole.Base)
        dock.setWidget(content)
        self._window.addDockWidget(area, dock)
        return dock
