"""Writes what the plots show to files that the person names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRect, QSize
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.models.metrics import SPLITS
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.dashboard.plot import Plot

COLUMNS = ("step", "epoch", "examples", "seconds", "loss", "error", "learning_rate")


def export_csv(parent: QWidget, run: RunModel) -> None:
    """Ask for a file, and write all figures of the run to it."""
    _ask(parent, f"{run.record.name}.csv", "CSV (*.csv)", lambda path: write_csv(path, run))


def export_png(view: QWidget) -> None:
    """Ask for a file, and write a picture of the plots to it."""
    _ask(view, "curves.png", "PNG (*.png)", lambda path: write_png(path, view))


def export_svg(parent: QWidget, plots: Sequence[Plot]) -> None:
    """Ask for a file, and write the plots to it as lines that can be scaled."""
    _ask(parent, "curves.svg", "SVG (*.svg)", lambda path: write_svg(path, plots))


def write_csv(path: Path, run: RunModel) -> None:
    """Write a row for each row of each split; raises OSError."""
    further = run.record.metrics.further
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("split", *COLUMNS, *further))
        for split in SPLITS:
            table = run.record.metrics[split]
            columns = [table.column(name).tolist() for name in (*COLUMNS, *further)]
            writer.writerows((split, *row) for row in zip(*columns, strict=True))


def write_png(path: Path, view: QWidget) -> None:
    """Write a picture of a widget; raises OSError."""
    if not view.grab().save(str(path), "PNG"):
        raise OSError(QCoreApplication.translate("Export", "The picture could not be written."))


def write_svg(path: Path, plots: Sequence[Plot]) -> None:
    """Write plots side by side, two in a row; raises OSError."""
    path.open("wb").close()  # QSvgGenerator does not say why it could not
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
    title = QCoreApplication.translate("Export", "Export")
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name, kind)
    if not chosen:
        return
    suffix = Path(name).suffix
    path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(suffix)
    try:
        write(path)
    except OSError as error:
        problem = QCoreApplication.translate("Export", "{path} could not be written: {reason}")
        QMessageBox.warning(parent, title, problem.format(path=path, reason=error.strerror or str(error)))
