"""Opens the network of the run that is followed, where none is open: it is what layers are chosen on."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from engine.graph.network_file import SUFFIX, dumps, loads
from studio.models.document import Document
from studio.models.run import RunModel

LATER = 100
"""Milliseconds after the views of the run were told, within which they are drawn."""


class RunNetwork(QObject):
    """Waits for the network of each run that is begun to be followed while nothing is drawn."""

    def __init__(self, document: Document, run: RunModel, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._is_awaited = False
        self._opening = QTimer(self, interval=LATER, singleShot=True)
        self._opening.timeout.connect(self._open)
        run.run_replaced.connect(self._on_replaced)
        run.progress_changed.connect(self._on_progress)

    def detach(self) -> None:
        """Listen to the run no more; for when the window closes."""
        self._run.run_replaced.disconnect(self._on_replaced)
        self._run.progress_changed.disconnect(self._on_progress)
        self._opening.stop()

    @property
    def _is_free(self) -> bool:
        """Whether nothing is drawn, nor noted or set and not saved, which would be lost."""
        return not len(self._document.network.graph) and not self._document.dirty

    def _on_replaced(self) -> None:
        self._is_awaited = self._is_free
        self._on_progress()

    def _on_progress(self) -> None:
        """Open it once the views of the run were drawn: both at once would hold up keys."""
        if self._is_awaited and self._run.record.network is not None:
            self._opening.start()

    def _open(self) -> None:
        network = self._run.record.network
        if self._is_awaited and network is not None:
            self._is_awaited = False
            if self._is_free:  # nothing was opened or drawn meanwhile
                self._document.new(loads(dumps(network)), self._run.record.name + SUFFIX)
