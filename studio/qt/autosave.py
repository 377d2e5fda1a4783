"""Keeps the recovery copy up to date, and offers what an earlier studio left unsaved."""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.models.document import Document
from studio.models.recovery import Lost, Recovery, forget, left_behind

PERIOD = 5000
"""Milliseconds between two looks at whether the copy is to be renewed: at most so much is ever lost."""


def recovery_folder() -> Path:
    """Return the folder of recovery copies."""
    return platformdirs.user_state_path("ConvNet Studio", appauthor=False) / "recovery"


class Autosave(QObject):
    """Renews the copy while the studio runs."""

    def __init__(self, document: Document, parent: QObject, period: int = PERIOD) -> None:
        super().__init__(parent)
        self._recovery = Recovery(document, recovery_folder())
        self._timer = QTimer(self, interval=period)
        self._timer.timeout.connect(self.renew)
        self._timer.start()

    def close(self) -> None:
        """Remove the copy, since the studio ends in order."""
        self._timer.stop()
        self._recovery.close()

    def renew(self) -> None:
        """Bring the copy up to date, if there were changes."""
        try:
            self._recovery.update()
        except OSError as error:
            logging.getLogger("studio").warning("no recovery copy: %s", error)


class Rescue(QObject):
    """Offers to recover what was left unsaved, one after the other; ``done`` tells that all was asked."""

    done = Signal()

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._window = window
        self._waiting: list[Lost] = []

    def offer(self) -> None:
        """Ask about what was left behind, without holding up anything."""
        self._waiting = left_behind(recovery_folder())
        self._ask()

    def _ask(self) -> None:
        if not self._waiting or self._document.dirty:
            self.done.emit()
            return
        lost = self._waiting.pop()
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Unsaved network"))
        name = lost.name or self.tr("A network without a name")
        box.setText(self.tr("{name} was not saved when the studio ended. Recover it?").format(name=name))
        where = str(lost.path) if lost.path else self.tr("It was never saved to a file.")
        box.setInformativeText(where)
        recover = box.addButton(self.tr("Recover"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(self.tr("Ask later"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(recover)
        box.finished.connect(lambda _: self._on_answered(lost, box.buttonRole(box.clickedButton())))
        box.open()

    def _on_answered(self, lost: Lost, answer: QMessageBox.ButtonRole) -> None:
        if answer == QMessageBox.ButtonRole.AcceptRole:
            self._document.recover(lost.network, lost.path, lost.name)
            forget(lost)
        elif answer == QMessageBox.ButtonRole.DestructiveRole:
            forget(lost)
            self._ask()
            return
        self.done.emit()
