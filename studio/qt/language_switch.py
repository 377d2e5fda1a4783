"""Changes the language: at the next start, which can be now."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.models.document import Document
from studio.qt import language
from studio.qt.commands import Commands
from studio.qt.language import Language

_COMMANDS: dict[Language, str] = {"en": "english", "ja": "japanese"}


class LanguageSwitch(QObject):
    """Shows in the menu which language is chosen, and offers to start again in another."""

    def __init__(self, commands: Commands, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._commands = commands
        self._document = document
        self._window = window
        self._spoken = language.chosen()
        self._show()

    def choose(self, chosen: Language) -> None:
        """Take a language; where it is another than is spoken, offer to start again."""
        language.choose(chosen)
        self._show()
        if chosen == self._spoken:
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Information)
        box.setWindowTitle(self.tr("Language"))
        box.setText(self.tr("The studio speaks the other language from its next start on."))
        box.setInformativeText(self.tr("A training goes on meanwhile, and is found again."))
        again = box.addButton(self.tr("Start again now"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Later"), QMessageBox.ButtonRole.RejectRole)
        again.clicked.connect(self._start_again)
        box.open()

    def _show(self) -> None:
        self._commands[_COMMANDS[language.chosen()]].setChecked(True)

    def _start_again(self) -> None:
        """Close the window, which may ask about changes, and open another."""
        if self._window.close():
            path = self._document.path
            QProcess.startDetached(sys.executable, ["-m", "studio", *([str(path)] if path else [])])
