"""Changes the theme: now and at the next start, or along with the system."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication

from studio.qt import theme
from studio.qt.commands import Commands
from studio.qt.theme import ThemeChoice

_CHOICE = "window/theme"


def chosen() -> ThemeChoice:
    """Return the theme that was chosen, "system" before any was."""
    choice = QSettings().value(_CHOICE)
    return choice if choice in get_args(ThemeChoice) else "system"


def dress() -> None:
    """Dress the program as was chosen."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply(app, theme.resolve(chosen()))


class ThemeSwitch(QObject):
    """Shows in the menu which theme is chosen, and follows the system where that is."""

    def __init__(self, commands: Commands, parent: QObject) -> None:
        super().__init__(parent)
        self._commands = commands
        QApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme)
        self._show()

    def choose(self, choice: ThemeChoice) -> None:
        """Take a theme, now and at the next start."""
        QSettings().setValue(_CHOICE, choice)
        dress()
        self._show()

    def _show(self) -> None:
        self._commands[chosen()].setChecked(True)

    def _on_system_theme(self) -> None:
        if chosen() == "system":
            dress()
