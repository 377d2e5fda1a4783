"""What is measured in a run, as curves over one axis."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.messages import CheckpointKept
from studio.models.curves import SMOOTHING, SMOOTHINGS, Axis, Curves, Quantity, Reading
from studio.models.observable import Event
from studio.models.readings import duration
from studio.models.run import RunModel
from studio.qt.dashboard.export import export_csv, export_png, export_svg
from studio.qt.dashboard.legend import Legend
from studio.qt.dashboard.mark_lines import NEAR, PlacedMark
from studio.qt.dashboard.plot import Plot
from studio.qt.dashboard.plot_slot import PlotSlot
from studio.qt.dashboard.quantity_texts import mark_text
from studio.qt.labels import ShortLabel

REDRAW = 150
"""Milliseconds in which each plot is drawn once, which looks live and leaves the processor to training."""

FIRST: tuple[Quantity, ...] = ("loss", "error", "rate", "speed")
"""What the plots show until something else is chosen; two of them are made until more are asked for."""


class CurvesPanel(QWidget):
    """Two or four plots with their axis, scale, smoothing, read-out and export."""

    enlarged = Signal(bool)
    """Four plots are shown, which want all the room; or two again."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._curves = Curves(run)
        self.slots: list[PlotSlot] = []
        self._place = ShortLabel(rank="secondary")
        self._hovered: float | None = None
        self._places: tuple[float, float] | None = None
        self._due: list[PlotSlot] = []
        self._turns = QTimer(self, interval=REDRAW // 2, singleShot=True)  # for two plots
        self._turns.timeout.connect(self._draw_next)
        self._build()
        self._connect()
        self._add_slots(2)
        self._choose_axis()

    # ---- Building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._build_header())
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid, 1)

    def _add_slots(self, count: int) -> None:
        """Make plots until there are so many."""
        for at in range(len(self.slots), count):
            slot = PlotSlot(self._curves, FIRST[at])
            slot.plot.set_axis(self._curves.axis)
            slot.plot.set_log(self._log.isChecked())
            slot.plot.show_places(self._places)
            slot.plot.hovered.connect(self._on_hovered)
            slot.plot.zoomed.connect(self.show_places)
            slot.chosen.connect(self._show_hovered)
            self._grid.addWidget(slot, at // 2, at % 2)
            self.slots.append(slot)

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
        self._smoothing = QComboBox()
        self._smoothing.setAccessibleName(self.tr("Smoothing of the training curves"))
        self._smoothing.setToolTip(
            self.tr("How much of the run the strong line is a mean over; the faint line is not smoothed")
        )
        for share in SMOOTHINGS:
            text = self.tr("Smooth {share} %").format(share=f"{100 * share:g}")
            self._smoothing.addItem(text if share else self.tr("Not smoothed"), share)
        self._smoothing.setCurrentIndex(SMOOTHINGS.index(SMOOTHING))
        self._log = QCheckBox(self.tr("Log scale"))
        self.more_button = QPushButton(self.tr("4 plots"))
        self.more_button.setCheckable(True)
        self.more_button.setToolTip(self.tr("Show two more plots"))
        self.fit_button = QPushButton(self.tr("Fit"))
        self.fit_button.setToolTip(self.tr("Show the whole run again (double-click a plot)"))
        self.fit_button.setEnabled(False)
        self.export_button = QPushButton(self.tr("Export"))
        self.export_button.setMenu(self._build_export())
        row = QHBoxLayout()
        row.setSpacing(8)
        self._left = QStackedWidget()
        self._left.addWidget(Legend())
        self._left.addWidget(self._place)
        row.addWidget(self._left, 1)
        for widget in (self._axis, self._smoothing, self._log, self.more_button, self.fit_button):
            row.addWidget(widget)
        row.addWidget(self.export_button)
        return row

    def _build_export(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Figures as CSV…"), lambda: export_csv(self, self._run))
        menu.addAction(self.tr("Plots as PNG…"), lambda: export_png(self))
        menu.addAction(self.tr("Plots as SVG…"), lambda: export_svg(self, self._shown_plots()))
        return menu

    def _connect(self) -> None:
        self._axis.currentIndexChanged.connect(self._choose_axis)
        self._smoothing.currentIndexChanged.connect(self._on_smoothing)
        self._log.toggled.connect(self._on_log)
        self.more_button.toggled.connect(self._on_more)
        self.fit_button.clicked.connect(lambda: self.show_places(None))
        for event in (self._run.metrics_added, self._run.progress_changed, self._run.marks_changed):
            event.connect(self._on_metrics)
        self._run.run_replaced.connect(self._on_run_replaced)
        self.closer.connect(self._on_metrics)

    @property
    def closer(self) -> Event[[]]:
        """Emits when what is looked at has become finer."""
        return self._curves.close_up.changed

    @property
    def plots(self) -> dict[Quantity, Plot]:
        """The plots by what they show."""
        return {slot.plot.quantity: slot.plot for slot in self.slots}

    def values_text(self, quantity: Quantity) -> str:
        """The values that are read out above a plot."""
        return next(slot.values_text for slot in self.slots if slot.plot.quantity == quantity)

    @property
    def place_text(self) -> str:
        """The place under the pointer, in words; "" while there is none."""
        return self._place.full_text

    def _shown_plots(self) -> list[Plot]:
        return [slot.plot for slot in self.slots if not slot.isHidden()]

    # ---- What happens -----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the curves as they are now, if anyone looks."""
        self._due.clear()
        self._turns.stop()
        self._draw([slot for slot in self.slots if not slot.isHidden()])

    def _draw_next(self) -> None:
        """Draw the plot that was drawn longest ago: one at a time, so that keys wait for one at most."""
        self._draw([self._due.pop(0)])
        if self._due:
            self._turns.start()

    def _draw(self, slots: list[PlotSlot]) -> None:
        if not self.isVisible():
            return
        if self._places is not None:
            self._curves.look_at(*self._places)
        marks = self._placed_marks()
        for slot in slots:
            slot.offer_quantities()
            slot.plot.refresh()
            slot.plot.show_marks(marks)
        self._show_hovered()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _on_metrics(self) -> None:
        self._due += [slot for slot in self.slots if not slot.isHidden() and slot not in self._due]
        if not self._turns.isActive():
            self._turns.start()

    def _choose_axis(self) -> None:
        self._curves.axis = self._axis.currentData()
        for slot in self.slots:
            slot.plot.set_axis(self._curves.axis)
        self.show_places(None)

    def _on_smoothing(self) -> None:
        self._curves.smoothing = self._smoothing.currentData()
        self.refresh()

    def _on_log(self, on: bool) -> None:
        for slot in self.slots:
            slot.plot.set_log(on)
        self.refresh()

    def _on_more(self, on: bool) -> None:
        if on:
            self._add_slots(len(FIRST))
        for slot in self.slots[2:]:
            slot.setVisible(on)
        self._turns.setInterval(REDRAW // len(self._shown_plots()))
        self.enlarged.emit(on)
        self.refresh()

    def show_places(self, places: tuple[float, float] | None) -> None:
        """Show these places of the axis in all plots; None: the whole run."""
        self._places = places
        for slot in self.slots:
            slot.plot.show_places(places)
        self.fit_button.setEnabled(places is not None)
        self.refresh()

    def _on_run_replaced(self) -> None:
        self._show_reading(None)
        self.show_places(None)

    # ---- Reading out ------------------------------------------------------------------------------------

    def _placed_marks(self) -> list[PlacedMark]:
        placed = ((self._curves.place_of(mark.step), mark) for mark in self._run.record.marks.all)
        return [PlacedMark(place, mark) for place, mark in placed if place is not None]

    def _on_hovered(self, place: float | None) -> None:
        self._hovered = place
        self._show_hovered()

    def _show_hovered(self) -> None:
        """Read out the values under the pointer, or the newest ones."""
        reading = None if self._hovered is None else self._curves.reading(self._hovered)
        for plot in self._shown_plots():
            plot.mark(None if reading is None else self._hovered)
        self._show_reading(reading or self._curves.newest(), with_place=reading is not None)

    def _show_reading(self, reading: Reading | None, *, with_place: bool = False) -> None:
        for slot in self.slots:
            slot.read_out(reading)
        self._place.set_text(self._describe(reading) if reading and with_place else "")
        self._left.setCurrentIndex(1 if reading and with_place else 0)

    def _describe(self, reading: Reading) -> str:
        parts = [self.tr("step {step}").format(step=f"{reading.step:,}")]
        if reading.epoch is not None:
            parts.append(self.tr("epoch {epoch}").format(epoch=f"{reading.epoch:.2f}"))
        parts.append(duration(reading.seconds))
        return " · ".join([*parts, *self._marks_here()])

    def _marks_here(self) -> list[str]:
        """What happened where the pointer is; edits before checkpoints, which are many."""
        if self._hovered is None:
            return []
        near = NEAR * self.slots[0].plot.pixel_width
        found = [placed.mark for placed in self._placed_marks() if abs(placed.place - self._hovered) <= near]
        return [mark_text(mark) for mark in sorted(found, key=lambda mark: isinstance(mark, CheckpointKept))]
