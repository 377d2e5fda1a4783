"""What happens to errors that nobody caught: they are logged and shown, and the program lives."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

LARGEST_LOG = 1_000_000
"""Bytes after which the studio's log begins anew; one older one is kept."""


class Faults(QObject):
    """Takes over ``sys.excepthook`` and that of threads, and shows one fault at a time."""

    _raised = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        """Faults since the program began."""
        self.log_file = _open_log()
        self._box: QMessageBox | None = None
        self._raised.connect(self._show)  # queued where it comes from another thread

    def install(self) -> None:
        """Catch what is raised from now on."""
        sys.excepthook = self._take
        threading.excepthook = lambda given: self._take(
            given.exc_type, given.exc_value or given.exc_type(), given.exc_traceback
        )

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self.count += 1
        details = "".join(traceback.format_exception(kind, error, trace))
        logging.getLogger("studio").error("not caught:\n%s", details)
        sys.stderr.write(details)
        self._raised.emit(f"{kind.__name__}: {error}", details)

    def _show(self, summary: str, details: str) -> None:
        if self._box is not None or QApplication.platformName() == "offscreen":
            return
        box = QMessageBox(QApplication.activeWindow())
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("A fault in ConvNet Studio"))
        box.setText(self.tr("Something went wrong in the studio. A training that runs is not affected."))
        box.setInformativeText(
            self.tr("{summary}\n\nYou can go on; save your network to be safe. The log is in {path}").format(
                summary=summary, path=self.log_file
            )
        )
        box.setDetailedText(details)
        box.finished.connect(self._on_closed)
        self._box = box
        box.open()

    def _on_closed(self) -> None:
        self._box = None


def _open_log() -> Path | None:
    """Let the studio log to a file; None where none can be written."""
    path = platformdirs.user_log_path("ConvNet Studio", appauthor=False) / "studio.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LARGEST_LOG, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("studio").addHandler(handler)
    return path
