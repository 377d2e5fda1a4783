"""The inspector's page for the network as a whole: its size, its training and its data."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QGridLayout, QVBoxLayout, QWidget

from engine.graph.schedules import SCHEDULES, Schedule
from engine.graph.settings import TrainingSettings
from engine.layers.base import Cost
from engine.layers.fields import field_specs
from studio.models import editing
from studio.models.document import Document
from studio.models.quantities import short_count
from studio.qt.inspector.data_form import DataForm
from studio.qt.inspector.editors import EDITOR_HEIGHT
from studio.qt.inspector.facts import Facts
from studio.qt.inspector.form import LABEL_WIDTH, FieldForm
from studio.qt.inspector.schedule_curve import ScheduleCurve
from studio.qt.labels import Label, SectionTitle
from studio.qt.texts import layer_text


class NetworkPanel(QWidget):
    """Shows and edits the network's settings."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.facts = Facts()
        self.schedule_kind = QComboBox()
        self.schedule_kind.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.schedule_kind.setFixedHeight(EDITOR_HEIGHT)
        self.schedule_kind.setAccessibleName(self.tr("Schedule"))
        for kind, schedule in SCHEDULES.items():
            self.schedule_kind.addItem(layer_text(schedule.title), kind)
        self._schedule_place = QVBoxLayout()
        self.schedule_curve = ScheduleCurve()
        self.schedule_form: FieldForm | None = None
        self._shown_kind = ""
        self.training_form = FieldForm(field_specs(TrainingSettings), has_headings=False)
        self.data_form = DataForm(document)
        self._build()
        self.schedule_kind.activated.connect(self._on_schedule_chosen)
        self.training_form.edited.connect(self._on_training_edited)

    def show_network(self) -> None:
        """Show the document's settings."""
        network = self._document.network
        total = sum(self._document.costs().values(), Cost())
        self.facts.show_facts(
            [
                (self.tr("Layers"), str(len(network.graph))),
                (self.tr("Weights"), short_count(total.weights + total.biases)),
                (self.tr("Multiply-adds a picture"), short_count(total.multiply_adds)),
            ]
        )
        self.training_form.show_record(network.training)
        self.data_form.show_settings()
        self._show_schedule(network.training.schedule)
        self.schedule_curve.show_schedule(network.training.schedule, network.training.epochs)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(Label(self.tr("Network"), "heading"))
        layout.addWidget(self.facts)
        layout.addWidget(SectionTitle(self.tr("Data")))
        layout.addWidget(self.data_form)
        layout.addWidget(SectionTitle(self.tr("Learning rate")))
        row = QGridLayout()
        row.setHorizontalSpacing(8)
        row.setColumnStretch(1, 1)
        title = Label(self.tr("Schedule"))
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(self.schedule_kind)
        row.addWidget(title, 0, 0)
        row.addWidget(self.schedule_kind, 0, 1)
        layout.addLayout(row)
        layout.addLayout(self._schedule_place)
        layout.addWidget(self.schedule_curve)
        layout.addWidget(SectionTitle(self.tr("Training")))
        layout.addWidget(self.training_form)
        layout.addStretch()

    def _show_schedule(self, schedule: Schedule) -> None:
        if self.schedule_form is None or schedule.kind != self._shown_kind:
            if self.schedule_form is not None:
                self.schedule_form.hide()
                self.schedule_form.deleteLater()
            self._shown_kind = schedule.kind
            self.schedule_form = FieldForm(schedule.specs(), has_headings=False)
            self.schedule_form.edited.connect(self._on_schedule_edited)
            self._schedule_place.addWidget(self.schedule_form)
        self.schedule_kind.setCurrentIndex(self.schedule_kind.findData(schedule.kind))
        self.schedule_form.show_record(schedule)

    def _on_schedule_chosen(self, index: int) -> None:
        """Change the kind of schedule; fields of the same name keep their values."""
        before = self._document.network.training.schedule
        kind = SCHEDULES[self.schedule_kind.itemData(index)]
        if kind is not type(before):
            kept = {name: getattr(before, name) for name in kind.specs() if name in before.specs()}
            self._set_training(None, schedule=kind(**kept))

    def _on_schedule_edited(self, field: str, value: object, gesture: object) -> None:
        before = self._document.network.training.schedule
        self._set_training(("schedule", gesture), schedule=replace(before, **{field: value}))  # type: ignore[arg-type]

    def _on_training_edited(self, field: str, value: object, gesture: object) -> None:
        self._set_training(("training", gesture), **{field: value})

    def _set_training(self, gesture: object, **values: object) -> None:
        settings = replace(self._document.network.training, **values)  # type: ignore[arg-type]
        editing.set_training(self._document, settings, gesture)
