"""Lets another studio take the place of this one, with all that is open."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QSettings

from studio.models.document import Document
from studio.models.handover import hand_over, take_over
from studio.models.run import RunModel
from studio.qt.autosave import Autosave, recovery_folder
from studio.qt.closing import CloseGuard
from studio.qt.main_window import MainWindow
from studio.services.engine_process import EngineProcesses


class Successor(QObject):
    """Starts another studio where the language changes: its network, steps of undo and run are as here."""

    def __init__(
        self,
        document: Document,
        run: RunModel,
        window: MainWindow,
        guard: CloseGuard,
        autosave: Autosave,
    ) -> None:
        super().__init__(window)
        self._guard = guard
        self._document, self._run = document, run
        self._window, self._autosave = window, autosave
        window.language.chosen.connect(self.start)

    def start(self) -> None:
        """Hand over, and close this window once the other one is on its way."""
        run_folder = self._run.record.run_folder if self._run.is_here else None
        folder = recovery_folder()
        try:
            path = hand_over(self._document, run_folder, folder)
        except OSError as error:
            problem = self.tr("{path} could not be written: {reason}")
            self._stay(problem.format(path=folder, reason=error.strerror or str(error)))
            return
        self._window.remember()
        QSettings().sync()
        started, _ = QProcess.startDetached(sys.executable, ["-m", "studio", "--take-over", str(path)])
        if started:
            self._guard.keep_training()
            self._window.hand_over()
        else:
            path.unlink(missing_ok=True)
            self._stay(self.tr("A second studio could not be started."))

    def _stay(self, reason: str) -> None:
        """Tell why nobody takes over, and what to do."""
        advice = self.tr("Close the studio and open it again to have it in the other language.")
        self._window.banner.say(f"{advice}\n{reason}")

    def take_over(self, path: Path, engines: EngineProcesses) -> None:
        """Go on with what another studio handed over; a copy that cannot be read stays where it is."""
        is_taken, run_folder = take_over(path, self._document)
        self._autosave.renew()
        if is_taken:
            path.unlink(missing_ok=True)
        else:
            logging.getLogger("studio").warning("cannot take over: %s", path)
        if run_folder is None:
            return
        running = [engine for engine in engines.running() if engine.run_folder == run_folder]
        if running:
            self._run.attach(running[0].connection)
        else:
            self._run.watch(engines, lambda: engines.serve(run_folder))
