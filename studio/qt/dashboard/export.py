"""Writes what the plots show to files that the person names."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMessageBox, QProgressBar, QProgressDialog, QWidget

from engine.errors import ConvNetError
from studio.models.figures_file import FiguresFile
from studio.models.readings import duration
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.dashboard.plot import Plot
from studio.qt.texts import error_text


def export_csv(parent: QWidget, run: RunModel) -> None:
    """Ask for a file, and write all figures of the run to it; of a long run they come from its engine."""
    path = _ask_path(parent, f"{run.record.name}.csv", "CSV (*.csv)")
    if path is not None:
        file = FiguresFile(run, path)
        show_progress(parent, file)
        file.begin()


def show_progress(parent: QWidget, file: FiguresFile) -> QProgressDialog:
    """Show how far the writing is, if it takes long; it can be cancelled."""
    words = QCoreApplication.translate("Export", "Writing {rows} rows…").format(rows=f"{file.rows:,}")
    dialog = QProgressDialog(words, QCoreApplication.translate("Export", "Cancel"), 0, file.rows, parent)
    dialog.setWindowTitle(QCoreApplication.translate("Export", "Export"))
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setRange(0, file.rows)
    dialog.setBar(bar)
    began = time.monotonic()

    def advance(rows: int) -> None:
        if rows < file.rows:
            left = duration((time.monotonic() - began) * (file.rows - rows) / rows)
            template = QCoreApplication.translate("Export", "{words} · {time} left")
            dialog.setLabelText(template.format(words=words, time=left))
            dialog.setValue(rows)

    def end(problem: OSError | ConvNetError | None) -> None:
        dialog.canceled.disconnect(file.cancel)
        dialog.close()
        dialog.deleteLater()
        if problem is not None:
            _complain(parent, file.path, problem)

    dialog.canceled.connect(file.cancel)
    file.advanced.connect(advance)
    file.ended.connect(end)
    return dialog


def export_png(view: QWidget) -> None:
    """Ask for a file, and write a picture of the plots to it."""
    export_picture(view, "curves.png", view.grab().toImage())


def export_picture(parent: QWidget, name: str, picture: QImage) -> None:
    """Ask for a file, with a name to begin with, and write a picture to it."""
    _ask(parent, name, "PNG (*.png)", lambda path: write_png(path, picture))


def export_svg(parent: QWidget, plots: Sequence[Plot]) -> None:
    """Ask for a file, and write the plots to it as lines that can be scaled."""
    _ask(parent, "curves.svg", "SVG (*.svg)", lambda path: write_svg(path, plots))


def write_png(path: Path, picture: QImage) -> None:
    """Write a picture; raises OSError."""
    path.open("wb").close()  # Qt does not say why it could not
    if not QPixmap(picture).save(str(path), "PNG"):
        raise OSError(QCoreApplication.translate("Export", "The picture could not be written."))


def write_svg(path: Path, plots: Sequence[Plot]) -> None:
    """Write plots side by side, two in a row; raises OSError."""
    path.open("wb").close()  # Qt does not say why it could not
    width, height = max(plot.width() for plot in plots), max(plot.height() for plot in plots)
    rows = -(-len(plots) // 2)
    size = QSize(width * min(2, len(plots)), height * rows)
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle("ConvNet Studio")
    painter = QPainter(generator)
    painter.fillRect(QRect(0, 0, size.width(), size.height()), theme.colour("surface"))
    for at, plot in enumerate(plots):
        plot.render(painter, QRect(at % 2 * width, at // 2 * height, plot.width(), plot.height()))
    painter.end()


def _ask(parent: QWidget, name: str, kind: str, write: Callable[[Path], None]) -> None:
    path = _ask_path(parent, name, kind)
    if path is None:
        return
    try:
        write(path)
    except OSError as error:
        _complain(parent, path, error)


def _ask_path(parent: QWidget, name: str, kind: str) -> Path | None:
    title = QCoreApplication.translate("Export", "Export")
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name, kind)
    if not chosen:
        return None
    return Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(Path(name).suffix)


def _complain(parent: QWidget, path: Path, error: OSError | ConvNetError) -> None:
    title = QCoreApplication.translate("Export", "Export")
    problem = QCoreApplication.translate("Export", "{path} could not be written: {reason}")
    reason = error_text(error) if isinstance(error, ConvNetError) else error.strerror or str(error)
    words = problem.format(path=path, reason=reason)
    box = QMessageBox(QMessageBox.Icon.Warning, title, words, QMessageBox.StandardButton.Ok, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()  # without waiting: the run's other views are still to hear of what ended the writing
