"""Asks for the two files of a network of cuda-convnet, and makes a network of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ConvNetError
from engine.graph.cuda_convnet.network import Imported, import_files
from studio.qt.labels import Label
from studio.qt.spin_box import SpinBox
from studio.qt.texts import error_text, words_text


class ImportDialog(QDialog):
    """``imported`` is what the files made, once they were accepted. What is wrong with them is told below."""

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.imported: Imported | None = None
        self._folder = folder
        self.setWindowTitle(self.tr("Import from cuda-convnet"))
        self.layers, self.parameters = QLineEdit(), QLineEdit()
        self.picture_size = SpinBox()
        self.picture_size.setRange(1, 65_536)
        self.picture_size.setValue(32)
        self.picture_size.setSuffix(self.tr(" px"))
        self.problems = QPlainTextEdit()
        self.problems.setReadOnly(True)
        self.problems.setMinimumHeight(160)
        self.problems.hide()
        self._build()
        self.layers.textChanged.connect(self._guess_parameters)

    def _build(self) -> None:
        note = Label(
            self.tr(
                "Such a network is in two files. The size of its pictures is in neither: it is that of the "
                "crops that the network sees."
            ),
            "secondary",
        )
        note.setWordWrap(True)
        form = QFormLayout()
        form.addRow(self.tr("Layers"), self._chooser(self.layers, "layers.cfg"))
        form.addRow(self.tr("Parameters"), self._chooser(self.parameters, "layer-params.cfg"))
        form.addRow(self.tr("Picture size"), self.picture_size)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(self.tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.take.setDefault(True)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(note)
        column.addLayout(form)
        column.addWidget(self.problems)
        column.addWidget(buttons)
        self.setMinimumWidth(520)

    def _chooser(self, line: QLineEdit, example: str) -> QWidget:
        line.setPlaceholderText(example)
        button = QPushButton(self.tr("Choose…"))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._choose(line))
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(line, 1)
        box.addWidget(button)
        return row

    def _choose(self, line: QLineEdit) -> None:
        start = str(Path(self.layers.text()).parent) if self.layers.text() else self._folder
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("File of cuda-convnet"), start, self.tr("cuda-convnet (*.cfg);;All files (*)")
        )
        if chosen:
            line.setText(chosen)

    def _guess_parameters(self) -> None:
        """Name the file beside the layers' that goes with them, as in layers-18pct.cfg, if there is one."""
        layers = Path(self.layers.text())
        beside = layers.with_name(layers.name.replace("layers", "layer-params")) if layers.name else layers
        if not self.parameters.text() and beside != layers and beside.is_file():
            self.parameters.setText(str(beside))

    def _on_accepted(self) -> None:
        size = self.picture_size.value()
        try:
            self.imported = import_files(
                Path(self.layers.text()), Path(self.parameters.text()), (size, size), words_text
            )
        except ConvNetError as error:
            self.problems.setPlainText(error_text(error))
            self.problems.show()
            self.adjustSize()
            return
        self.accept()
