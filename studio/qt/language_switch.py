"""Changes the language: another window takes the place of this one, with all that is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.qt import language
from studio.qt.commands import Commands
from studio.qt.language import Language

_COMMANDS: dict[Language, str] = {"en": "english", "ja": "japanese"}


class LanguageSwitch(QObject):
    """Shows in the menu which language is chosen. ``chosen`` says that it is another than is spoken."""

    chosen = Signal()

    def __init__(self, commands: Commands, parent: QObject) -> None:
        super().__init__(parent)
        self._commands = commands
        self._spoken = language.chosen()
        self._show()

    def choose(self, chosen: Language) -> None:
        """Take a language."""
        language.choose(chosen)
        self._show()
        if chosen != self._spoken:
            self.chosen.emit()

    def _show(self) -> None:
        self._commands[_COMMANDS[language.chosen()]].setChecked(True)
