"""Several runs on one plot, and what differs between their settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.library import RunCard
from engine.protocol.messages import Split
from studio.models.curves import Axis
from studio.models.metrics import Metrics
from studio.models.readings import duration
from studio.models.runs import RunsModel, title_of
from studio.models.settings_diff import BECAME, DATA, TRAINING, Difference, differences
from studio.qt import theme
from studio.qt.dashboard.bare_plot import BarePlot
from studio.qt.labels import Label, ShortLabel
from studio.qt.texts import layer_text

Shown = Literal["loss", "error"]

DASHES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
SMOOTHED: Final = 0.02
"""Share of a run that the running mean of its training curve covers."""


class CompareView(QWidget):
    """A line a run in a colour and dash of its own, and a table of their differences."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self.plot = BarePlot()
        self.table = QTableWidget()
        self._place = ShortLabel(rank="secondary")
        self._lines: dict[str, Any] = {}  # of the runs' folders
        self._headers: list[QTableWidgetItem] = []  # above their columns
        self._hovered: float | None = None
        self._quantity, self._split, self._axis = QComboBox(), QComboBox(), QComboBox()
        self._build()
        self.plot.dress()
        self.plot.hovered.connect(self._on_hovered)
        for choice in (self._quantity, self._split, self._axis):
            choice.currentIndexChanged.connect(self.refresh)
        runs.compared_changed.connect(self.refresh)
        runs.changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        for title, quantity in ((self.tr("Loss"), "loss"), (self.tr("Error, %"), "error")):
            self._quantity.addItem(title, quantity)
        splits = (
            (self.tr("Validation"), "validation"),
            (self.tr("Train"), "train"),
            (self.tr("Test"), "test"),
        )
        for title, split in splits:
            self._split.addItem(title, split)
        axes = (
            (self.tr("By epoch"), "epoch"),
            (self.tr("By step"), "step"),
            (self.tr("By training time"), "time"),
        )
        for title, axis in axes:
            self._axis.addItem(title, axis)
        self._quantity.setCurrentIndex(1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self.tr("Compared"), "strong"))
        row.addWidget(self._place, 1)
        for choice in (self._quantity, self._split, self._axis):
            row.addWidget(choice)
        self.plot.setMinimumHeight(160)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QTableWidget.Shape.NoFrame)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.setAccessibleName(self.tr("Differences of the settings"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.plot, 3)
        column.addWidget(self.table, 2)

    def refresh(self) -> None:
        """Draw what is compared now."""
        figures = self._runs.figures()
        self.plot.bottom.set_axis(self._axis.currentData())
        self.plot.getPlotItem().clearPlots()
        self._lines.clear()
        chosen = self._split.currentData(), self._quantity.currentData(), self._axis.currentData()
        for number, folder in enumerate(self._runs.compared):
            if folder in figures:
                x, y = line_of(figures[folder].metrics, *chosen)
                symbol = "o" if 0 < len(x) <= 3 else None
                dots = {"symbol": symbol, "symbolBrush": _colour(number), "symbolSize": 5}
                self._lines[folder] = self.plot.plot(x, y, pen=_pen(number), connect="finite", **dots)
        self.plot.enableAutoRange()
        self._fill_table()
        self._read_out()

    def _fill_table(self) -> None:
        figures = self._runs.figures()
        folders = list(self._lines)
        rows = differences([(figures[folder].network, figures[folder].edits) for folder in folders])
        self.table.setColumnCount(1 + len(folders))
        self.table.setRowCount(len(rows) or 1)
        self.table.setHorizontalHeaderItem(0, QTableWidgetItem(self.tr("Setting")))
        self._headers = [
            QTableWidgetItem(_sample(self._runs.compared.index(folder)), "") for folder in folders
        ]
        for column, (folder, header) in enumerate(zip(folders, self._headers, strict=True), start=1):
            header.setToolTip(folder)
            self.table.setHorizontalHeaderItem(column, header)
        self.table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.table.clearContents()
        self.table.clearSpans()
        if not rows:
            self.table.setItem(0, 0, QTableWidgetItem(self._why_no_rows(len(folders))))
            if folders:
                self.table.setSpan(0, 0, 1, 1 + len(folders))
        for at, row in enumerate(rows):
            self.table.setItem(at, 0, QTableWidgetItem(_name(row)))
            for number, value in enumerate(row.values):
                self.table.setItem(at, 1 + number, QTableWidgetItem(_value(value)))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def _on_hovered(self, place: float | None) -> None:
        self._hovered = place
        self._read_out()

    def _read_out(self) -> None:
        """Name the runs above their columns, each with its value under the pointer."""
        folders, place = list(self._lines), self._hovered
        titles = _titles(folders, [self._runs.card(folder) for folder in folders])
        for folder, title, header in zip(folders, titles, self._headers, strict=True):
            x, y = self._lines[folder].getData()
            value = None if place is None else value_at(x, y, place)
            header.setText(title if value is None else f"{title}: {value:.3g}")
        self.plot.mark(place if folders else None)
        self._place.set_text(self._describe(place) if place is not None and folders else "")

    def _describe(self, place: float) -> str:
        match self._axis.currentData():
            case "epoch":
                return self.tr("epoch {epoch}").format(epoch=f"{place:.2f}")
            case "step":
                return self.tr("step {step}").format(step=f"{place:,.0f}")
        return duration(place)

    def _why_no_rows(self, read: int) -> str:
        if read < len(self._runs.compared):
            return self.tr("Reading the runs…")
        if read < 2:
            return self.tr("Check another run to see where the settings differ.")
        return self.tr("All settings are the same.")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.refresh()


def _titles(folders: Sequence[str], cards: Sequence[RunCard | None]) -> list[str]:
    """Return what runs are called; of several with the same title, the names of their folders."""
    titles = ["" if card is None else title_of(card) for card in cards]
    return [
        title if title and titles.count(title) == 1 else folder.rpartition("/")[2]
        for title, folder in zip(titles, folders, strict=True)
    ]


def _name(row: Difference) -> str:
    """Return whose setting a row is about, and which, as a person reads it."""
    owner = {TRAINING: layer_text("Training"), DATA: layer_text("Data")}.get(row.owner, row.owner)
    return f"{owner} · {layer_text(row.title)}"


def _value(value: str | None) -> str:
    """Return what a setting was in a run, and what it became, as a person reads it."""
    return "–" if value is None else BECAME.join(map(layer_text, value.split(BECAME)))


def line_of(metrics: Metrics, split: Split, quantity: Shown, axis: Axis) -> tuple[Any, Any]:
    """Return places and values of a run's curve; a training curve is a running mean, an error in per cent."""
    table = metrics[split]
    if axis == "time":
        x = table.column("seconds").copy()
    else:
        per_epoch = metrics.steps_per_epoch if axis == "epoch" else None
        x = table.column("step") / (per_epoch or 1.0)
    y = table.column(quantity).copy()
    if split == "train" and len(y):
        points = np.arange(len(y))
        y = table.mean_over(quantity, points, points - max(1, round(SMOOTHED * len(y))))
    y[~np.isfinite(y)] = np.nan
    return x, 100 * y if quantity == "error" else y


def value_at(x: Any, y: Any, place: float) -> float | None:
    """Return the value of a line nearest to a place; None where the line is not, or has no number."""
    if x is None or not len(x) or not 0 <= place <= x[-1]:
        return None
    value = float(y[np.argmin(np.abs(x - place))])
    return value if np.isfinite(value) else None


def _colour(number: int) -> QColor:
    lines = theme.current().colours.lines
    return QColor(lines[number % len(lines)])


def _pen(number: int) -> QPen:
    pen = QPen(_colour(number))
    pen.setCosmetic(True)
    pen.setWidth(1)
    pen.setStyle(DASHES[number % len(DASHES)])
    return pen


def _sample(number: int) -> Any:
    from PySide6.QtGui import QIcon, QPainter, QPixmap

    picture = QPixmap(24, 12)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    pen = _pen(number)
    pen.setWidth(2)
    painter.setPen(pen)
    painter.drawLine(1, 6, 23, 6)
    painter.end()
    return QIcon(picture)
