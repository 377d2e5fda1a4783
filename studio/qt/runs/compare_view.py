"""Several runs on one plot, and what differs between their settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import pyqtgraph as pg
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
from studio.models.runs import RunsModel, title_of
from studio.models.settings_diff import BECAME, DATA, TRAINING, Difference, differences
from studio.qt import theme
from studio.qt.dashboard.axes import AIR, PlaceAxis, ValueAxis
from studio.qt.labels import Label
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
        self._bottom, self._left = PlaceAxis(), ValueAxis()
        self.plot = pg.PlotWidget(axisItems={"bottom": self._bottom, "left": self._left})
        self.table = QTableWidget()
        self._quantity, self._split, self._axis = QComboBox(), QComboBox(), QComboBox()
        self._build()
        self._dress()
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
        row.addWidget(Label(self.tr("Compared"), "strong"), 1)
        for choice in (self._quantity, self._split, self._axis):
            row.addWidget(choice)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.layout.setContentsMargins(*AIR)
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
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
        quantity: Shown = self._quantity.currentData()
        self._bottom.set_axis(self._axis.currentData())
        self.plot.clear()
        for number, folder in enumerate(self._runs.compared):
            if folder in figures:
                x, y = line_of(
                    figures[folder].metrics, self._split.currentData(), quantity, self._axis.currentData()
                )
                symbol = "o" if 0 < len(x) <= 3 else None
                dots = {"symbol": symbol, "symbolBrush": _colour(number), "symbolSize": 5}
                self.plot.plot(x, y, pen=_pen(number), connect="finite", **dots)
        self.plot.enableAutoRange()
        self._fill_table()

    def _fill_table(self) -> None:
        figures = self._runs.figures()
        folders = [folder for folder in self._runs.compared if folder in figures]
        cards = [self._runs.card(folder) for folder in folders]
        rows = differences([(figures[folder].network, figures[folder].edits) for folder in folders])
        self.table.setColumnCount(1 + len(folders))
        self.table.setRowCount(len(rows) or 1)
        self.table.setHorizontalHeaderLabels([self.tr("Setting"), *_titles(folders, cards)])
        for number in range(len(folders)):
            header = self.table.horizontalHeaderItem(1 + number)
            if header is not None:
                header.setIcon(_sample(self._runs.compared.index(folders[number])))
                header.setToolTip(folders[number])
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

    def _why_no_rows(self, read: int) -> str:
        if read < len(self._runs.compared):
            return self.tr("Reading the runs…")
        if read < 2:
            return self.tr("Check another run to see where the settings differ.")
        return self.tr("All settings are the same.")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self.refresh()

    def _dress(self) -> None:
        self.plot.setBackground(theme.colour("surface"))
        for axis in (self._left, self._bottom):
            axis.setPen(theme.colour("line"))
            axis.setTextPen(theme.colour("secondary"))
            axis.setStyle(tickFont=theme.secondary_font(), tickLength=0, hideOverlappingLabels=AIR[2])


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


def _colour(number: int) -> QColor:
    devices = theme.current().colours.devices
    return QColor(devices[number % len(devices)])


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
