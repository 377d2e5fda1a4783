"""The workspace in which a training is watched."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.models.document import Document
from studio.models.examination import ExaminationModel
from studio.models.filters import FilterModel
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.models.selection import Selection
from studio.qt.dashboard.curves_panel import CurvesPanel
from studio.qt.dashboard.device_panel import DevicePanel
from studio.qt.dashboard.figures_bar import FiguresBar
from studio.qt.dashboard.fork_dialog import ForkDialog
from studio.qt.dashboard.log_panel import LogPanel, SearchableLog
from studio.qt.dashboard.outcome_card import OutcomeCard
from studio.qt.dashboard.steering_panel import SteeringPanel
from studio.qt.dashboard.trouble_banner import TroubleBanner
from studio.qt.empty_note import EmptyNote
from studio.qt.examination.activations_panel import ActivationsPanel
from studio.qt.examination.results_panel import ResultsPanel
from studio.qt.filters.filters_panel import FiltersPanel
from studio.qt.health.health_panel import HealthPanel
from studio.qt.look_inside import LookInside
from studio.qt.panel import Panel


class TrainWorkspace(QWidget):
    """Figures, curves, filters, devices and log of the run; a card when it has ended.

    ``train_requested`` and ``design_requested`` are for the window, which owns these commands.
    """

    train_requested = Signal()
    design_requested = Signal()

    def __init__(
        self,
        document: Document,
        selection: Selection,
        run: RunModel,
        examination: ExaminationModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._run = run
        self._examination = examination
        self.filter_model = FilterModel(run, selection)
        self.figures = FiguresBar(run)
        self.outcome = OutcomeCard(run)
        self.curves = CurvesPanel(run)
        self.filters = FiltersPanel(self.filter_model, run)
        self.steering = SteeringPanel(run)
        self.trouble = TroubleBanner(run)
        self.devices = DevicePanel(run)
        self.log = LogPanel(run)
        self.health = HealthPanel(run, selection)
        self.activations = ActivationsPanel(examination, selection)
        self.results = ResultsPanel(examination)
        self.inside = LookInside(
            [
                (self.tr("Filters"), self.filters),
                (self.tr("Activations"), self.activations),
                (self.tr("Health"), self.health),
                (self.tr("Results"), self.results),
            ]
        )
        self._curves_pages = QStackedWidget()
        self._build()
        self.outcome.look_requested.connect(self._on_look)
        self.outcome.design_requested.connect(self.design_requested)
        self.filters.train_requested.connect(self.train_requested)
        self.filters.fork_requested.connect(self.fork)
        self.steering.fork_requested.connect(self.fork)
        self.curves.enlarged.connect(self._on_enlarged)
        self.results.picture_chosen.connect(self._on_picture_chosen)
        self.inside.enlarged.connect(self._on_inside_enlarged)
        run.state_changed.connect(self._on_state)
        self._on_state()

    def _build(self) -> None:
        self.empty = EmptyNote(
            self.tr("Loss and error of the training, as curves"), self.tr("Start training")
        )
        self.empty.triggered.connect(self.train_requested)
        self._curves_pages.addWidget(self.curves)
        self._curves_pages.addWidget(self.empty)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setSpacing(8)
        self._figures_panel = Panel(self.figures)
        grid.addWidget(self._figures_panel, 0, 0, 1, 2)
        grid.addWidget(self.outcome, 1, 0, 1, 2)
        grid.addWidget(self.trouble, 2, 0, 1, 2)
        self._curves_panel = Panel(self._curves_pages)
        grid.addWidget(self._curves_panel, 3, 0, 1, 2)
        grid.addWidget(self._build_lower(), 4, 0, 1, 2)
        grid.setRowStretch(3, 5)
        grid.setRowStretch(4, 8)

    def _build_lower(self) -> QWidget:
        self._lower = QWidget()
        row = QHBoxLayout(self._lower)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Panel(self.inside), 5)
        row.addWidget(self._build_side(), 3)
        return self._lower

    def _build_side(self) -> QWidget:
        self._side = QWidget()
        column = QVBoxLayout(self._side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._steering_panel = Panel(self.steering, self.tr("Steer"))
        column.addWidget(self._steering_panel)
        column.addWidget(Panel(self.devices, self.tr("Devices")))
        column.addWidget(Panel(SearchableLog(self.log)), 1)
        return self._side

    def _on_inside_enlarged(self, on: bool) -> None:
        self._curves_panel.setHidden(on)
        self._side.setHidden(on)
        self._grid.setRowStretch(3, 0 if on else 5)

    def _on_enlarged(self, on: bool) -> None:
        self._lower.setHidden(on)
        self._grid.setRowStretch(4, 0 if on else 8)

    def _on_state(self) -> None:
        state = self._run.state
        self._curves_pages.setCurrentWidget(self.empty if state is RunState.NONE else self.curves)
        self._figures_panel.setVisible(state.under_way)
        self._steering_panel.setVisible(state is not RunState.NONE)

    def _on_picture_chosen(self, number: int) -> None:
        results = self._examination.results
        if results is not None:
            self._examination.show(results.split, number)
            self.inside.show_view(self.activations)

    def fork(self, step: int) -> None:
        """Ask with which settings another run shall begin at a checkpoint of this one, and start it."""
        dialog = ForkDialog(self._document, self._run, step, self)
        if dialog.exec() == ForkDialog.DialogCode.Accepted:
            self._run.fork(dialog.network, step, self._run.record.device or "cpu", dialog.base)

    def _on_look(self) -> None:
        self.inside.show_view(self.filters)
        self.filters.time.slider.setFocus(Qt.FocusReason.OtherFocusReason)
