"""Which data set is looked at, and how its pictures are prepared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.models import editing
from studio.models.document import Document
from studio.qt.inspector.data_form import DataForm
from studio.qt.labels import Label

WIDTH = 320


class SettingsPanel(QWidget):
    """Two buttons that open data of one's own, and the form of all data settings."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.form = DataForm(document)
        self.folder_button = QPushButton(self.tr("Open folder…"))
        self.file_button = QPushButton(self.tr("Open file…"))
        self._build()
        self.folder_button.clicked.connect(self._on_folder)
        self.file_button.clicked.connect(self._on_file)

    def _build(self) -> None:
        self.setFixedWidth(WIDTH)
        self.folder_button.setToolTip(self.tr("A folder with a folder of pictures for each class"))
        self.file_button.setToolTip(self.tr("An archive of class folders, CIFAR-10, MNIST or a .npz file"))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.folder_button)
        buttons.addWidget(self.file_button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Data set"), "heading"))
        column.addLayout(buttons)
        column.addWidget(self.form)
        column.addStretch()

    def _on_folder(self) -> None:
        title = self.tr("Open a folder of pictures")
        self._take(QFileDialog.getExistingDirectory(self, title, str(self._document.base_folder())))

    def _on_file(self) -> None:
        kinds = self.tr("Data sets") + " (*.npz *.zip *.tar *.tar.gz *.tgz *.tar.xz *.tar.bz2)"
        start = str(self._document.base_folder())
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open a data set"), start, f"{kinds};;{self.tr('All files')} (*)"
        )
        self._take(path)

    def _take(self, chosen: str) -> None:
        """Name the data set in the network file, relative to it where it lies beside or below."""
        if not chosen:
            return
        path, base = Path(chosen), self._document.base_folder()
        if self._document.path is not None and path.is_relative_to(base):
            path = path.relative_to(base)
        settings = replace(self._document.network.data, source="path", path=str(path))
        editing.set_data(self._document, settings)
