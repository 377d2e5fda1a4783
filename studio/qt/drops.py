"""Files and folders that are dropped on the window: a network is opened, data become the network's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from engine.graph.network_file import SUFFIX
from studio.models import editing
from studio.models.document import Document
from studio.qt.files import Files

DATA_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".npz", ".bin")
"""Files that are taken for data, besides folders; whether they are, the engine finds out."""


class Drops(QObject):
    """Watches a window. ``said`` tells what became of a drop, ``failed`` why nothing did.

    ``data_taken`` says that the network has other data, which are to be looked at: they may be none.
    """

    data_taken = Signal()
    said = Signal(str)
    failed = Signal(str)

    def __init__(self, document: Document, files: Files, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._files = files
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent) and _path(event) is not None:
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            path = _path(event)
            if path is not None:
                event.acceptProposedAction()
                self._take(path)
                return True
        return super().eventFilter(watched, event)

    def _take(self, path: Path) -> None:
        if path.suffix == SUFFIX:
            self._files.open_path(path)
        elif path.is_dir() or path.suffix.lower() in DATA_SUFFIXES:
            settings = replace(self._document.network.data, source="path", path=self._relative(path))
            editing.set_data(self._document, settings)
            self.data_taken.emit()
            self.said.emit(self.tr("{name} is the network's data now.").format(name=path.name))
        else:
            words = self.tr(
                "{name} is neither a network ({suffix}) nor data: drop a folder or an archive of pictures."
            )
            self.failed.emit(words.format(name=path.name, suffix=SUFFIX))

    def _relative(self, path: Path) -> str:
        """Return a path from the network's folder where it lies there, else the whole path."""
        base = self._document.base_folder()
        is_kept = self._document.path is not None and path.is_relative_to(base)
        return str(path.relative_to(base) if is_kept else path)


def _path(event: QDropEvent) -> Path | None:
    """Return the one file or folder that is dropped."""
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(urls[0].toLocalFile()) if len(urls) == 1 else None
