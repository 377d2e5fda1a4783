"""What is known of one computer: how it stands, its devices, data sets and runs."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ConvNetError
from engine.protocol.computer import Computer as About
from engine.protocol.computer import FoundRun
from engine.version import program_version
from studio.models.computers import Computer, Computers, device_names
from studio.models.readings import gigabytes
from studio.models.run_state import RunState
from studio.qt import theme
from studio.qt.empty_note import EmptyNote
from studio.qt.labels import Label
from studio.qt.run_texts import state_name
from studio.qt.texts import error_text
from studio.services.computer import Presence

_MOST_DATASETS = 6  # that are named


def presence_name(presence: Presence) -> str:
    """Return in words how a computer stands."""
    return {
        Presence.OFF: QCoreApplication.translate("Presence", "Not connected"),
        Presence.CONNECTING: QCoreApplication.translate("Presence", "Connecting…"),
        Presence.ON: QCoreApplication.translate("Presence", "Connected"),
        Presence.LOST: QCoreApplication.translate("Presence", "Connection lost; it is tried again"),
    }[presence]


def show_problem(label: Label, error: ConvNetError | None) -> None:
    """Show what is wrong in a label; hide it where nothing is."""
    label.setVisible(error is not None)
    if error is not None:
        palette = label.palette()
        palette.setColor(palette.ColorRole.WindowText, theme.colour("error"))
        label.setPalette(palette)
        label.setText(f"⚠ {error_text(error)}")


class ComputerDetails(QStackedWidget):
    """Shows one computer, or what computers are for."""

    remove_requested = Signal(object)
    watch_requested = Signal(object, str)
    """A computer, and a run there."""

    def __init__(self, computers: Computers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._computers = computers
        self._computer: Computer | None = None
        self._name = Label(rank="heading")
        self.state = Label()
        self.problem = Label()
        self.facts = Label()
        self.runs = QTreeWidget()
        self._rest = QWidget()  # takes the room of the runs where none are known
        self.connect_button = QPushButton()
        self._remove = QPushButton(self.tr("Remove"))
        self.watch_button = QPushButton(self.tr("Watch the run"))
        self._build()
        self.connect_button.clicked.connect(self._on_connect)
        self._remove.clicked.connect(lambda: self.remove_requested.emit(self._computer))
        self.watch_button.clicked.connect(self._on_watch)
        self.runs.itemSelectionChanged.connect(self._on_selection)
        self.runs.itemDoubleClicked.connect(self._on_watch)

    def _build(self) -> None:
        self.addWidget(
            EmptyNote(
                self.tr(
                    "Train on other computers that you can log in to by ssh with a key, and on which ConvNet "
                    "Studio is installed. A run that is started there lives there, without this studio."
                )
            )
        )
        for label in (self.problem, self.facts):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.runs.setHeaderLabels([self.tr("Run"), self.tr("State"), self.tr("Begun")])
        self.runs.setRootIsDecorated(False)
        self.runs.setAccessibleName(self.tr("Runs"))
        self.runs.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section in (1, 2):
            self.runs.header().setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)
        self.runs.header().setStretchLastSection(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.connect_button, self._remove):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch()
        self.watch_button.setAutoDefault(False)
        buttons.addWidget(self.watch_button)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._name, self.state, self.problem, self.facts):
            column.addWidget(widget)
        column.addWidget(self.runs, 1)
        column.addWidget(self._rest, 1)
        column.addLayout(buttons)
        self.addWidget(page)

    def show_computer(self, computer: Computer | None) -> None:
        """Show a computer as it is now; None: what computers are for."""
        self._computer = computer
        self.setCurrentIndex(0 if computer is None else 1)
        if computer is None:
            return
        status = computer.status
        self._name.setText(computer.address.text)
        self.state.setText(presence_name(status.presence))
        show_problem(self.problem, status.problem)
        self.facts.setVisible(status.about is not None)
        if status.about is not None:
            self.facts.setText("\n".join(self._facts(status.about)))
        is_off = status.presence is Presence.OFF
        self.connect_button.setText(self.tr("Connect") if is_off else self.tr("Disconnect"))
        self.runs.setVisible(status.about is not None)
        self._rest.setVisible(status.about is None)
        self.watch_button.setVisible(status.about is not None)
        self._show_runs(status.runs)

    def _facts(self, about: About) -> list[str]:
        lines = [
            self.tr("{user} on {host}, ConvNet Studio {version}").format(
                user=about.user, host=about.host, version=about.program_version
            )
        ]
        if about.program_version != program_version():
            lines.append(
                self.tr("⚠ This studio is version {version}; use the same on both.").format(
                    version=program_version()
                )
            )
        devices = ", ".join(name for _, name in device_names(about.devices))
        memory = gigabytes(about.devices[0].memory_total) if about.devices else "–"
        lines.append(self.tr("Devices: {devices}; {memory} of memory").format(devices=devices, memory=memory))
        names = [dataset.path for dataset in about.datasets]
        shown = ", ".join(names[:_MOST_DATASETS]) + (", …" if len(names) > _MOST_DATASETS else "")
        lines.append(
            self.tr("Data sets in {folder}: {names}").format(
                folder=about.data_folder, names=shown or self.tr("none yet; what a run needs is sent")
            )
        )
        return lines

    def _show_runs(self, runs: tuple[FoundRun, ...]) -> None:
        chosen = self._chosen()
        self.runs.blockSignals(True)
        self.runs.clear()
        for run in runs:
            begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
            item = QTreeWidgetItem(self.runs, [run.name, self._run_state(run), begun])
            item.setData(0, Qt.ItemDataRole.UserRole, run.run_id)
            item.setSelected(run.run_id == chosen)
        self.runs.blockSignals(False)
        self._on_selection()

    def _run_state(self, run: FoundRun) -> str:
        if run.end is not None:
            return state_name(RunState(run.end.value))
        return self.tr("Going on") if run.is_running else self.tr("Ended without a word")

    def _chosen(self) -> str | None:
        items = self.runs.selectedItems()
        return str(items[0].data(0, Qt.ItemDataRole.UserRole)) if items else None

    def _on_selection(self) -> None:
        is_on = self._computer is not None and self._computer.status.presence is Presence.ON
        self.watch_button.setEnabled(is_on and self._chosen() is not None)

    def _on_connect(self) -> None:
        assert self._computer is not None
        if self._computer.status.presence is Presence.OFF:
            self._computer.connect()
        else:
            self._computer.disconnect()
        self._computers.update()

    def _on_watch(self) -> None:
        chosen = self._chosen()
        if self._computer is not None and chosen is not None and self.watch_button.isEnabled():
            self.watch_requested.emit(self._computer, chosen)
