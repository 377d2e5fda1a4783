"""Offers to watch a training that went on while the studio was closed."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from engine.graph.network_file import SUFFIX, dumps, loads
from studio.models.document import Document
from studio.models.run import RunModel
from studio.qt.main_window import MainWindow
from studio.services.engine_process import RunningEngine


class Reattach(QObject):
    """Asks once whether to watch an engine; then shows its run, and its network if none is open."""

    def __init__(self, window: MainWindow, document: Document, run: RunModel) -> None:
        super().__init__(window)
        self._window = window
        self._document = document
        self._run = run
        self._awaits_network = False
        run.progress_changed.connect(self._on_progress)

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
        self._awaits_network = not len(self._document.network.graph)
        self._run.attach(engine.connection)
        self._window.show_workspace("training")

    def _on_progress(self) -> None:
        if self._awaits_network and self._run.record.network is not None:
            self._awaits_network = False
            self._document.new(loads(dumps(self._run.record.network)), self._run.record.name + SUFFIX)
