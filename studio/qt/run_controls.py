"""The tool bar's part for the run: device, progress, and the time that is left."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.models.readings import duration
from studio.models.run import RunModel
from studio.qt.labels import Label
from studio.qt.run_texts import state_name

_BAR_WIDTH = 176


class DevicePicker(QComboBox):
    """Where to train: the processor, and each GPU that the engine has named."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.setToolTip(self.tr("Device to train on"))
        self.setAccessibleName(self.tr("Device to train on"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addItem(self.tr("CPU"), "cpu")
        run.devices_changed.connect(self._on_devices)
        run.state_changed.connect(self._on_state)
        self._on_devices()
        self._on_state()

    def detach(self) -> None:
        """Listen to the run no more; for when the window closes."""
        self._run.devices_changed.disconnect(self._on_devices)
        self._run.state_changed.disconnect(self._on_state)

    @property
    def device(self) -> str:
        """The chosen device, as engines name it."""
        return str(self.currentData())

    def _on_devices(self) -> None:
        gpus = [device for device in self._run.devices if device.kind == "gpu"]
        for index in range(self.count() - 1, len(gpus)):
            self.addItem(gpus[index].name, f"cuda:{index}")

    def _on_state(self) -> None:
        self.setEnabled(self._run.can_train)


class RunProgress(QWidget):
    """How far the run is, in words and as a bar; hidden while there is none."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._words = Label(rank="secondary")
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(_BAR_WIDTH)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addStretch()
        column.addWidget(self._words)
        column.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.addStretch()
        row.addLayout(column)
        self._events = (run.state_changed, run.progress_changed, run.run_replaced)
        for event in self._events:
            event.connect(self._refresh)
        self._refresh()

    def detach(self) -> None:
        """Listen to the run no more; for when the window closes."""
        for event in self._events:
            event.disconnect(self._refresh)

    @property
    def words(self) -> str:
        """What is said of the run."""
        return self._words.text()

    def _refresh(self) -> None:
        run, progress = self._run, self._run.progress
        is_shown = run.state.under_way
        self._words.setVisible(is_shown)
        self._bar.setVisible(is_shown)
        if not is_shown:
            return
        words = state_name(run.state)
        if progress is not None and progress.total_steps:
            self._bar.setRange(0, progress.total_steps)
            self._bar.setValue(progress.step)
            if progress.eta_seconds is not None and run.state.advancing:
                words = self.tr("{state} · {time} left").format(
                    state=words, time=duration(progress.eta_seconds)
                )
        else:
            self._bar.setRange(0, 0)
        self._words.setText(words)
        self.setAccessibleName(words)
