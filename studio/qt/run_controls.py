"""The tool bar's part for the run: device, progress, and the time that is left."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.models.computers import Computers, Place, places_for
from studio.models.document import Document
from studio.models.readings import duration, gigabytes
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.models.splitting import split_of
from studio.qt.labels import Label
from studio.qt.run_texts import state_name
from studio.services.link import Sending

_BAR_WIDTH = 176
_PICKER_WIDTH = 208


class DevicePicker(QComboBox):
    """Where to train: the processor, GPUs that the engine has named, and devices of other computers.

    They are offered by as many as the network's split has.
    """

    computers_requested = Signal()

    def __init__(
        self, run: RunModel, computers: Computers, document: Document, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._run, self._computers, self._document = run, computers, document
        self._gpus: list[str] = []  # of this computer, by their makers' names
        self._places: list[Place] = []
        self._last = 0
        self.setToolTip(self.tr("Device to train on"))
        self.setAccessibleName(self.tr("Device to train on"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMaximumWidth(_PICKER_WIDTH)
        self.activated.connect(self._on_activated)
        run.devices_changed.connect(self._on_devices)
        run.state_changed.connect(self._on_state)
        computers.status_changed.connect(self._refresh)
        computers.list_changed.connect(self._refresh)
        document.changed.connect(self._refresh)
        self._refresh()
        self._on_devices()
        self._on_state()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._run.devices_changed.disconnect(self._on_devices)
        self._run.state_changed.disconnect(self._on_state)
        self._computers.status_changed.disconnect(self._refresh)
        self._computers.list_changed.disconnect(self._refresh)
        self._document.changed.disconnect(self._refresh)

    @property
    def place(self) -> Place:
        """The chosen device, and the computer that it is in."""
        return self._places[self.currentIndex()]

    @property
    def real_devices(self) -> tuple[str, ...]:
        """What each logical device is, in words."""
        name = _place_name(self.place)
        return (name.partition(" × ")[2] or name,) * len(split_of(self._document).devices)

    def _on_devices(self) -> None:
        gpus = [device.name for device in self._run.record.devices if device.kind == "gpu"]
        if self._run.is_here and gpus != self._gpus:
            self._gpus = gpus
            self._refresh()

    def _refresh(self) -> None:
        """List all places, and keep the chosen one while it is there."""
        chosen = self.place if self._places else None
        here = [Place(None, "cpu", self.tr("CPU"))]
        here += [Place(None, f"cuda:{index}", name) for index, name in enumerate(self._gpus)]
        count = len(split_of(self._document).devices)
        places = places_for([*here, *self._computers.places()], count)
        if places == self._places:
            return
        self._places = places
        self.blockSignals(True)
        self.clear()
        for place in places:
            self.addItem(_place_name(place))
        self.insertSeparator(self.count())
        self.addItem(self.tr("Other computers…"))
        self._last = places.index(chosen) if chosen in places else 0
        self.setCurrentIndex(self._last)
        self.blockSignals(False)
        self.currentIndexChanged.emit(self._last)

    def _on_activated(self, index: int) -> None:
        if index < len(self._places):
            self._last = index
        else:
            self.setCurrentIndex(self._last)
            self.computers_requested.emit()

    def _on_state(self) -> None:
        self.setEnabled(self._run.can_train)


def _place_name(place: Place) -> str:
    if place.computer is None:
        return place.name
    device = QCoreApplication.translate("DevicePicker", "CPU") if place.device == "cpu" else place.name
    return f"{place.computer.address.text} · {device}"


class RunProgress(QWidget):
    """How far the run is, in words and as a bar; hidden while there is none."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._words = Label(rank="secondary")
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
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
        run, progress = self._run, self._run.record.progress
        is_shown = run.state.under_way
        self._words.setVisible(is_shown)
        self._bar.setVisible(is_shown)
        if not is_shown:
            return
        words = state_name(run.state)
        if run.state is RunState.SENDING and run.record.sending is not None:
            words = self._show_sending(run.record.sending)
        elif progress is not None and progress.total_steps:
            self._show_share(progress.step, progress.total_steps)
            if progress.eta_seconds is not None and run.state.advancing:
                words = self.tr("{state} · {time} left").format(
                    state=words, time=duration(progress.eta_seconds)
                )
        else:
            self._bar.setRange(0, 0)
        self._words.setText(words)
        self.setAccessibleName(words)

    def _show_share(self, done: int, total: int) -> None:
        """Fill the bar by a share, by a pixel at least: until then Qt moves it as if nothing were known."""
        self._bar.setRange(0, _BAR_WIDTH)
        self._bar.setValue(max(1, _BAR_WIDTH * done // max(total, 1)))

    def _show_sending(self, sending: Sending) -> str:
        self._show_share(sending.done, sending.total)
        if sending.is_reading:
            return self.tr("Reading the data…")
        words = self.tr("Sending {done} of {total}").format(
            done=gigabytes(sending.done), total=gigabytes(sending.total)
        )
        if sending.seconds_left is None:
            return words
        return self.tr("{words} · {time} left").format(words=words, time=duration(sending.seconds_left))
