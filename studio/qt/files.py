"""New, open, save: dialogs around the document's file, which lose nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.errors import ConvNetError, InvalidNetworkError
from engine.graph.examples import load_example
from engine.graph.network_file import SUFFIX
from studio.models.document import Document
from studio.models.recent import RecentFiles
from studio.qt.canvas.drawing import export_drawing
from studio.qt.canvas.scene import CanvasScene
from studio.qt.import_dialog import ImportDialog
from studio.qt.texts import error_text

_RECENT = "files/recent"
_FOLDER = "files/folder"


class Files(QObject):
    """What the file menu does. ``failed`` carries the sentence of an error, ``done`` that of a success."""

    failed = Signal(str)
    done = Signal(str)

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._window = window
        self._settings = QSettings()
        self.recent = RecentFiles(map(Path, strings(self._settings.value(_RECENT))))
        self.recent.changed.connect(self._on_recent_changed)

    def new(self) -> None:
        """Start with an empty network."""
        if self.may_leave():
            self._document.new()

    def new_from_example(self, name: str) -> None:
        """Start with a copy of an example."""
        if self.may_leave():
            try:
                self._document.new(load_example(name), name + SUFFIX)
            except ConvNetError as error:
                self.failed.emit(error_text(error))

    def open(self) -> None:
        """Ask for a file and open it."""
        if not self.may_leave():
            return
        path, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open network"), self._folder(), self._filter()
        )
        if path:
            self._open(Path(path))

    def import_network(self) -> None:
        """Ask for the files of a network of cuda-convnet, and start with that network."""
        if not self.may_leave():
            return
        dialog = ImportDialog(self._folder(), self._window)
        if not dialog.exec() or dialog.imported is None:
            return
        path = Path(dialog.layers.text())
        self._settings.setValue(_FOLDER, str(path.absolute().parent))
        self._document.new(dialog.imported.network, path.with_suffix(SUFFIX).name)
        self.done.emit(self.tr("Imported {name}").format(name=path.name))

    def open_path(self, path: Path) -> None:
        """Open a file that was named elsewhere, such as a recent one."""
        if self.may_leave():
            self._open(path)

    def save(self) -> bool:
        """Save to the network's file, asking for one where there is none; False where it was not saved."""
        if self._document.path is None:
            return self.save_as()
        return self._save(self._document.path)

    def save_as(self) -> bool:
        """Ask for a file and save to it; False where the network was not saved."""
        start = self._document.path or Path(self._folder()) / (self._document.name or f"network{SUFFIX}")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save network"), str(start), self._filter()
        )
        if not chosen:
            return False
        path = Path(chosen)
        return self._save(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))

    def export(self, scene: CanvasScene) -> None:
        """Ask for a file and write the drawing to it."""
        name = Path(self._document.name or f"network{SUFFIX}").stem
        chosen, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export drawing"),
            str(Path(self._folder()) / f"{name}.svg"),
            self.tr("Pictures (*.svg *.png)"),
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in (".svg", ".png"):
            path = path.with_name(path.name + ".svg")
        try:
            export_drawing(scene, path, name)
        except ConvNetError as error:
            self.failed.emit(error_text(error))
            return
        self.done.emit(self.tr("Saved {name}").format(name=path.name))

    def may_leave(self) -> bool:
        """Ask what to do with changes that are not saved; False where the person wants to stay."""
        if not self._document.dirty:
            return True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Unsaved changes"))
        name = self._document.name or self.tr("The network")
        box.setText(self.tr("{name} has changes that are not saved.").format(name=name))
        box.setStandardButtons(
            QMessageBox.StandardButton.Save
            | QMessageBox.StandardButton.Discard
            | QMessageBox.StandardButton.Cancel
        )
        box.setDefaultButton(QMessageBox.StandardButton.Save)
        answer = box.exec()
        if answer == QMessageBox.StandardButton.Save:
            return self.save()
        return bool(answer == QMessageBox.StandardButton.Discard)

    def _open(self, path: Path) -> None:
        try:
            self._document.open(path)
        except ConvNetError as error:
            if not path.exists():
                self.recent.remove(path)
            self.failed.emit(self._why_not_opened(path, error))
            return
        self._remember(path)

    def _why_not_opened(self, path: Path, error: ConvNetError) -> str:
        """Return what is wrong with a file, with its name; layers alone would be taken for those shown."""
        if not isinstance(error, InvalidNetworkError):
            return error_text(error)
        return self.tr("{name} cannot be opened:").format(name=path.name) + "\n" + error_text(error)

    def _save(self, path: Path) -> bool:
        try:
            self._document.save(path)
        except ConvNetError as error:
            self.failed.emit(error_text(error))
            return False
        self._remember(path)
        self.done.emit(self.tr("Saved {name}").format(name=path.name))
        return True

    def _remember(self, path: Path) -> None:
        self.recent.add(path)
        self._settings.setValue(_FOLDER, str(path.absolute().parent))

    def _on_recent_changed(self) -> None:
        self._settings.setValue(_RECENT, [str(path) for path in self.recent.paths])

    def _folder(self) -> str:
        return str(self._settings.value(_FOLDER, str(Path.home())))

    def _filter(self) -> str:
        return self.tr("Networks (*{suffix})").format(suffix=SUFFIX)


def strings(value: object) -> list[str]:
    """Return a list that was kept in QSettings, which keeps one of one string as that string."""
    if isinstance(value, str):
        return [value] if value else []
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
