"""Asks with which settings another run shall begin at a checkpoint."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from engine.graph.network_file import NetworkFile
from studio.models.document import Document
from studio.models.run import RunModel
from studio.qt.dashboard.steering_panel import SettingField, setting_specs
from studio.qt.labels import Label, ProblemLabel


class ForkDialog(QDialog):
    """Learning rate, momentum, decay and epochs of the new run, and which network it trains."""

    def __init__(self, document: Document, run: RunModel, step: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert run.record.network is not None
        self._network = run.record.network
        per_epoch = run.record.steps_per_epoch
        self._done = int(step / per_epoch) if per_epoch else 0  # epochs at the checkpoint
        self._document = document
        self.setWindowTitle(self.tr("New run from step {step}").format(step=f"{step:,}"))
        self.fields = {setting: SettingField(spec) for setting, spec in setting_specs().items()}
        self.as_drawn = QCheckBox(self.tr("Train the network as it is drawn now"))
        self._problem = ProblemLabel()
        self._build()
        for setting, field in self.fields.items():
            field.show_value(run.record.setting(setting, before=step) or 0.0)
            field.setToolTip("")
        self.as_drawn.setEnabled(not document.inspection.problems and document.network != run.record.network)

    def _build(self) -> None:
        text = self.tr(
            "Another run begins with the weights of this checkpoint; this one is left as it is. "
            "Layers of another shape begin anew."
        )
        note = Label(text, "secondary")
        note.setWordWrap(True)
        form = QFormLayout()
        for field in self.fields.values():
            form.addRow(field.title, field)
        form.addRow("", self.as_drawn)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        start = buttons.addButton(self.tr("Start the run"), QDialogButtonBox.ButtonRole.AcceptRole)
        start.setDefault(True)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        for field in self.fields.values():
            field.textEdited.connect(self._problem.hide)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(note)
        column.addLayout(form)
        column.addWidget(self._problem)
        column.addWidget(buttons)
        self.setMinimumWidth(400)

    def _on_accepted(self) -> None:
        for field in self.fields.values():
            try:
                field.parsed()
            except ValueError:
                self._refuse(field, f"{field.title}: {field.expectation}")
                return
        if self.fields["epochs"].parsed() <= self._done:
            words = self.tr("Epochs: {done} are done at this checkpoint; expected more.")
            self._refuse(self.fields["epochs"], words.format(done=self._done))
            return
        self.accept()

    def _refuse(self, field: SettingField, why: str) -> None:
        self._problem.say(why)
        field.setFocus()

    @property
    def network(self) -> NetworkFile:
        """The network that was chosen, with the settings that were chosen."""
        network = self._document.network if self.as_drawn.isChecked() else self._network
        values = {setting: field.parsed() for setting, field in self.fields.items()}
        training = dataclasses.replace(
            network.training,
            schedule=dataclasses.replace(network.training.schedule, rate=values["rate"]),
            momentum=values["momentum"],
            decay=values["decay"],
            epochs=int(values["epochs"]),
            early_stop=int(values["early_stop"]),
        )
        return dataclasses.replace(network, training=training)

    @property
    def base(self) -> str:
        """Folder that the data path of the network is seen from; "": as in the run before."""
        return str(self._document.base_folder()) if self.as_drawn.isChecked() else ""
