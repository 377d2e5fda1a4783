"""Offers to watch a training that went on while the studio was closed."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from studio.models.run import RunModel
from studio.qt.main_window import MainWindow
from studio.services.engine_process import RunningEngine


class Reattach(QObject):
    """Asks once whether to watch an engine; then shows its run."""

    def __init__(self, window: MainWindow, run: RunModel) -> None:
        super().__init__(window)
        self._window = window
        self._run = run

    def offer(self, engine: RunningEngine) -> None:
        """Ask, without holding up anything."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("A run in the background"))
        box.setText(self.tr("A training goes on in the background, or has just ended. Watch it?"))
        box.setInformativeText(engine.run_folder)
        watch = box.addButton(self.tr("Watch it"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Not now"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(watch)
        watch.clicked.connect(lambda: self.attach(engine))
        box.open()

    def attach(self, engine: RunningEngine) -> None:
        """Watch an engine."""
        self._run.attach(engine.connection)
        self._window.show_workspace("training")
