"""Asks what becomes of a training when the window is closed."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.models.run import RunModel

Choice = Literal["keep", "stop", "cancel"]


class CloseGuard(QObject):
    """Stands before a window's own question about unsaved changes."""

    def __init__(self, window: QWidget, run: RunModel) -> None:
        super().__init__(window)
        self._window = window
        self._run = run
        self._keeps = False
        self._closes_when_ended = False
        window.installEventFilter(self)
        run.state_changed.connect(self._on_state)

    def keep_training(self) -> None:
        """Let the window close without a question: a training goes on."""
        self._keeps = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Close or not self._run.state.under_way or self._keeps:
            return False
        if self._may_close():
            return False
        event.ignore()
        return True

    def _may_close(self) -> bool:
        match self.ask():
            case "keep":
                self._keeps = True
            case "stop":
                self._closes_when_ended = True
                self._run.stop()
        return self._keeps

    def ask(self) -> Choice:
        """Ask the person."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("A training is going on"))
        box.setText(
            self.tr("What shall become of the training of {name}?").format(name=self._run.record.name)
        )
        box.setInformativeText(
            self.tr(
                "In the background it goes on without the studio, which offers it again at the next start."
            )
        )
        keep = box.addButton(self.tr("Keep training in the background"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        box.exec()
        if box.clickedButton() is keep:
            return "keep"
        return "stop" if box.clickedButton() is stop else "cancel"

    def _on_state(self) -> None:
        if self._closes_when_ended and self._run.state.ended:
            self._closes_when_ended = False
            self._window.close()
