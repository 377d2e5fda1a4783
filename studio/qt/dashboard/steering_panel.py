"""What may be changed while a run goes on, and what may be done with its checkpoints."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.graph.settings import TrainingSettings
from engine.layers.fields import FieldSpec, WholeSpec, field_specs
from engine.protocol.messages import Setting
from studio.models.run import RunModel
from studio.qt.labels import Label
from studio.qt.texts import layer_text


class SteeringPanel(QWidget):
    """Settings to be edited; tests and checkpoints to be asked for."""

    fork_requested = Signal(int)
    """Another run shall begin at the checkpoint of this step."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        specs = setting_specs()
        self.fields = {setting: SettingField(spec) for setting, spec in specs.items()}
        keeping = field_specs(TrainingSettings)["keep_best"]
        self.best_box = QCheckBox(layer_text(keeping.title))
        self.best_box.setToolTip(layer_text(keeping.help))
        self.test_button = QPushButton(self.tr("Test now"))
        self.checkpoint_button = QPushButton(self.tr("Keep"))
        self.checkpoints_button = QPushButton(self.tr("Checkpoints"))
        self._menu = QMenu(self)
        self._build()
        self._connect()
        self._refresh()

    def _build(self) -> None:
        self.test_button.setToolTip(self.tr("Measure the validation and test error now"))
        self.checkpoint_button.setToolTip(self.tr("Keep a checkpoint now"))
        self.checkpoints_button.setToolTip(self.tr("Go back to a checkpoint, or begin another run at it"))
        self.checkpoints_button.setMenu(self._menu)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for column, field in enumerate(self.fields.values()):
            grid.addWidget(Label(field.title, "secondary"), 0, column)
            grid.addWidget(field, 1, column)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.test_button, self.checkpoint_button, self.checkpoints_button):
            buttons.addWidget(button)
        buttons.addWidget(self.best_box)
        buttons.addStretch()
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(8)
        column_layout.addLayout(grid)
        column_layout.addLayout(buttons)

    def _connect(self) -> None:
        for setting, field in self.fields.items():
            field.chosen.connect(partial(self._run.edit, setting))
        self.best_box.clicked.connect(lambda kept: self._run.edit("keep_best", float(kept)))
        self.test_button.clicked.connect(self._run.test)
        self.checkpoint_button.clicked.connect(self._run.checkpoint)
        self._menu.aboutToShow.connect(self.fill_menu)
        for event in (self._run.state_changed, self._run.marks_changed, self._run.progress_changed):
            event.connect(self._refresh)

    def fill_menu(self) -> QMenu:
        """List the checkpoints, the newest first, each with what may be done with it."""
        run, per_epoch = self._run, self._run.record.steps_per_epoch
        self._menu.clear()
        best = run.record.best
        for step in reversed(run.record.checkpoints):
            title = self.tr("Step {step}").format(step=f"{step:,}")
            if per_epoch:
                title += self.tr(" · epoch {epoch}").format(epoch=f"{round(step / per_epoch, 1):,g}")
            if best is not None and step == best[0]:
                title += self.tr(" · best so far")
            entry = self._menu.addMenu(title)
            back = entry.addAction(self.tr("Roll back to here"), partial(run.roll_back, step))
            back.setEnabled(run.can_checkpoint)
            entry.addAction(self.tr("New run from here…"), partial(self.fork_requested.emit, step))
        return self._menu

    def _refresh(self) -> None:
        run = self._run
        for setting, field in self.fields.items():
            field.setEnabled(run.can_checkpoint)
            value = run.record.setting(setting)
            if value is not None:
                field.show_value(value)
        self.best_box.setEnabled(run.can_checkpoint)
        self.best_box.setChecked(bool(run.record.setting("keep_best")))
        self.test_button.setEnabled(run.can_checkpoint)
        self.checkpoint_button.setEnabled(run.can_checkpoint)
        self.checkpoints_button.setEnabled(bool(run.record.checkpoints))


class SettingField(QLineEdit):
    """A number that is sent when Enter is pressed, where it is one that the setting takes."""

    chosen = Signal(float)

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.title = layer_text(spec.title)
        self._spec = spec
        self._value: float | None = None
        how = self.tr("Press Enter to change it from the next step on; a checkpoint is kept first.")
        self._help = f"{layer_text(spec.help)}\n{how}" if spec.help else how
        self.setToolTip(self._help)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self._help)
        self.setMinimumWidth(48)
        self.returnPressed.connect(self._on_entered)
        self.textEdited.connect(lambda: self._mark(None))

    def show_value(self, value: float) -> None:
        """Show the value that holds now, unless another one is being typed."""
        is_typing = self.hasFocus() and self.isModified()
        if value != self._value and not is_typing:
            self._value = value
            self.setText(f"{value:g}")
            self._mark(None)

    def parsed(self) -> float:
        """Return what was typed; raises ValueError."""
        value = float(self.text().strip())
        is_whole = isinstance(self._spec, WholeSpec) and value.is_integer()
        self._spec.parse(int(value) if is_whole else value)
        return value

    @property
    def expectation(self) -> str:
        """What may be typed, in words."""
        return self.tr("Expected {expected}.").format(expected=layer_text(self._spec.expected))

    def _on_entered(self) -> None:
        try:
            value = self.parsed()
        except ValueError:
            self._mark(self.expectation)
            return
        self.setModified(False)
        if value != self._value:
            self._value = value
            self.chosen.emit(value)

    def _mark(self, problem: str | None) -> None:
        self.setToolTip(problem or self._help)
        if bool(self.property("wrong")) != (problem is not None):
            self.setProperty("wrong", problem is not None)
            self.style().unpolish(self)
            self.style().polish(self)


def setting_specs() -> dict[Setting, FieldSpec]:
    """Return the numbers that may be edited in a run, as the network file describes them."""
    training = TrainingSettings()
    own, schedule = field_specs(type(training)), field_specs(type(training.schedule))
    return {
        "rate": schedule["rate"],
        "momentum": own["momentum"],
        "decay": own["decay"],
        "epochs": own["epochs"],
        "early_stop": own["early_stop"],
    }
