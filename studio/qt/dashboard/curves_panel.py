"""Loss and error side by side, over one axis."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.models.curves import Axis, Curves, Quantity, Reading
from studio.models.metrics import SPLITS
from studio.models.readings import duration, percent, three_digits
from studio.models.run import RunModel
from studio.qt.dashboard.legend import Legend
from studio.qt.dashboard.plot import Plot
from studio.qt.labels import Label

REDRAW = 150
"""Least milliseconds between two redrawings, which look live and leave the processor to training."""


class CurvesPanel(QWidget):
    """Plots of loss and error with their axis, scale and read-out."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._curves = Curves(run)
        self.plots: dict[Quantity, Plot] = {
            "loss": Plot(self._curves, "loss"),
            "error": Plot(self._curves, "error"),
        }
        self._values = {quantity: Label(rank="secondary") for quantity in self.plots}
        self._place = Label(rank="secondary")
        self._hovered: float | None = None
        self._redraw = QTimer(self, interval=REDRAW, singleShot=True)
        self._redraw.timeout.connect(self.refresh)
        self._build()
        self._connect()
        self._choose_axis()

    # ---- Building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._build_header())
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(0)
        titles: dict[Quantity, str] = {"loss": self.tr("Loss, nats"), "error": self.tr("Error, %")}
        for at, (quantity, plot) in enumerate(self.plots.items()):
            caption = QHBoxLayout()
            caption.addWidget(Label(titles[quantity], "strong"))
            caption.addStretch()
            caption.addWidget(self._values[quantity])
            plot.setAccessibleName(titles[quantity])
            grid.addLayout(caption, 0, at)
            grid.addWidget(plot, 1, at)
            grid.setColumnStretch(at, 1)
        grid.setRowStretch(1, 1)
        column.addLayout(grid, 1)

    def _build_header(self) -> QHBoxLayout:
        self._axis = QComboBox()
        self._axis.setAccessibleName(self.tr("Horizontal axis"))
        axes: tuple[tuple[str, Axis], ...] = (
            (self.tr("By epoch"), "epoch"),
            (self.tr("By step"), "step"),
            (self.tr("By training time"), "time"),
        )
        for title, axis in axes:
            self._axis.addItem(title, axis)
        self._log = QCheckBox(self.tr("Log scale"))
        self.fit_button = QPushButton(self.tr("Fit"))
        self.fit_button.setToolTip(self.tr("Show the whole run again (double-click a plot)"))
        self.fit_button.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Legend())
        row.addStretch()
        for widget in (self._place, self._axis, self._log, self.fit_button):
            row.addWidget(widget)
        return row

    def _connect(self) -> None:
        self._axis.currentIndexChanged.connect(self._choose_axis)
        self._log.toggled.connect(self._on_log)
        self.fit_button.clicked.connect(lambda: self._show_places(None))
        for plot in self.plots.values():
            plot.hovered.connect(self._on_hovered)
            plot.zoomed.connect(self._show_places)
        self._run.metrics_added.connect(self._on_metrics)
        self._run.progress_changed.connect(self._on_metrics)
        self._run.run_replaced.connect(self._on_run_replaced)

    def values_text(self, quantity: Quantity) -> str:
        """The values that are read out above a plot."""
        return self._values[quantity].text()

    @property
    def place_text(self) -> str:
        """The place under the pointer, in words; "" while there is none."""
        return self._place.text()

    # ---- What happens -----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the curves as they are now, if anyone looks."""
        if self.isVisible():
            for plot in self.plots.values():
                plot.refresh()
            self._show_hovered()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _on_metrics(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _choose_axis(self) -> None:
        self._curves.axis = self._axis.currentData()
        for plot in self.plots.values():
            plot.set_axis(self._curves.axis)
        self.fit_button.setEnabled(False)

    def _on_log(self, on: bool) -> None:
        for plot in self.plots.values():
            plot.set_log(on)

    def _show_places(self, places: tuple[float, float] | None) -> None:
        for plot in self.plots.values():
            plot.show_places(places)
        self.fit_button.setEnabled(places is not None)

    def _on_run_replaced(self) -> None:
        self._show_places(None)
        self._show_reading(None)

    def _on_hovered(self, place: float | None) -> None:
        self._hovered = place
        self._show_hovered()

    def _show_hovered(self) -> None:
        """Read out the values under the pointer, or the newest ones."""
        reading = None if self._hovered is None else self._curves.reading(self._hovered)
        for plot in self.plots.values():
            plot.mark(None if reading is None else self._hovered)
        self._show_reading(reading or self._curves.newest(), with_place=reading is not None)

    def _show_reading(self, reading: Reading | None, *, with_place: bool = False) -> None:
        names = {
            "train": self.tr("train {value}"),
            "validation": self.tr("validation {value}"),
            "test": self.tr("test {value}"),
        }
        shown = {"loss": three_digits, "error": percent}
        for quantity, label in self._values.items():
            values = {split: reading.values.get((split, quantity)) for split in SPLITS} if reading else {}
            label.setText(
                " · ".join(
                    names[split].format(value=shown[quantity](value))
                    for split, value in values.items()
                    if value is not None
                )
            )
        self._place.setText(self._describe(reading) if reading and with_place else "")

    def _describe(self, reading: Reading) -> str:
        parts = [self.tr("step {step}").format(step=f"{reading.step:,}")]
        if reading.epoch is not None:
            parts.append(self.tr("epoch {epoch}").format(epoch=f"{reading.epoch:.2f}"))
        parts.append(duration(reading.seconds))
        return " · ".join(parts)
