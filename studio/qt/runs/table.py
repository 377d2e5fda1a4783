"""The runs as a table."""

from __future__ import annotations

import time
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from engine.protocol.library import RunCard
from engine.protocol.messages import RunState as EngineState
from engine.protocol.problems import rebuild
from studio.models.readings import duration, percent
from studio.models.run_state import RunState
from studio.models.runs import RunsModel, title_of
from studio.qt import theme
from studio.qt.run_texts import state_name
from studio.qt.texts import error_text

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
ROW: Final = 28
"""Height of a row, px."""

RUN, STATE, ERROR, TIME, DEVICE, BEGUN = range(6)
_WIDTHS = {STATE: 112, ERROR: 72, TIME: 64, DEVICE: 64, BEGUN: 136}

_MARKS = {
    EngineState.FINISHED: ("✓", "success"),
    EngineState.STOPPED: ("■", "secondary"),
    EngineState.FAILED: ("✖", "error"),
    None: ("?", "warning"),
}
"""Sign and colour of a run's state; others go on."""


class RunList(QAbstractTableModel):
    """The cards that the model has found; the first column can be checked to compare a run."""

    def __init__(self, runs: RunsModel) -> None:
        super().__init__()
        self._runs = runs
        self._cards: list[RunCard] = []
        runs.changed.connect(self._on_changed)
        runs.compared_changed.connect(self._on_compared)
        self._on_changed()

    def card(self, row: int) -> RunCard:
        """Return the card in a row."""
        return self._cards[row]

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._cards)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else 6

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Run"),
                self.tr("State"),
                self.tr("Error"),
                self.tr("Time"),
                self.tr("Device"),
                self.tr("Begun"),
            )[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return {
                ERROR: self.tr("The least validation error; the newest test error where there is none"),
                TIME: self.tr("Of training, without pauses"),
            }.get(section)
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (ERROR, TIME):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == RUN else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        card, column = self._cards[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(card, column)
            case Qt.ItemDataRole.ToolTipRole:
                return self._explain(card)
            case Qt.ItemDataRole.CheckStateRole if column == RUN:
                is_compared = card.run_folder in self._runs.compared
                return Qt.CheckState.Checked if is_compared else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.ForegroundRole if column == STATE:
                return theme.colour(_mark(card)[1])
            case Qt.ItemDataRole.TextAlignmentRole if column in (ERROR, TIME):
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        is_on = Qt.CheckState(value) is Qt.CheckState.Checked
        self._runs.compare(self._cards[index.row()].run_folder, is_on)
        return True

    def _text(self, card: RunCard, column: int) -> str:
        match column:
            case 0:
                return "  ".join((title_of(card), *(f"#{tag}" for tag in card.tags)))
            case 1:
                words = self.tr("No word") if card.state is None else state_name(_shown_state(card.state))
                return f"{_mark(card)[0]} {words.rstrip('…')}"
            case 2:
                error = card.test_error if card.validation_error is None else card.validation_error
                return "–" if error is None else percent(error)
            case 3:
                return duration(card.seconds)
            case 4:
                return device_name(card.device)
            case _:
                return time.strftime("%Y-%m-%d %H:%M", time.localtime(card.created))

    def _explain(self, card: RunCard) -> str:
        lines = [card.run_folder]
        if card.fork is not None:
            folder = card.fork.run_folder.rpartition("/")[2]
            text = self.tr("Went on from step {step} of {run}")
            lines.append(text.format(step=f"{card.fork.step:,}", run=folder))
        if card.cause is not None:
            lines.append(error_text(rebuild(card.cause)))
        return "\n".join(lines)

    def _on_changed(self) -> None:
        found = self._runs.found
        if [card.run_folder for card in found] == [card.run_folder for card in self._cards]:
            self._cards = found
            if found:
                self.dataChanged.emit(self.index(0, 0), self.index(len(found) - 1, BEGUN))
            return
        self.beginResetModel()
        self._cards = found
        self.endResetModel()

    def _on_compared(self) -> None:
        if self._cards:
            self.dataChanged.emit(self.index(0, RUN), self.index(len(self._cards) - 1, RUN))


class RunTable(QTableView):
    """The table with the widths of its columns. A double click or Enter opens the run that is chosen."""

    opened = Signal()

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = RunList(runs)
        self.setModel(self.list)
        self.setAccessibleName(self.tr("Runs"))
        self.setShowGrid(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSelectionBehavior(self.SelectionBehavior.SelectRows)
        self.setSelectionMode(self.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(RUN, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)

        self.doubleClicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def selected(self) -> RunCard | None:
        """Return the card that is chosen."""
        rows = self.selectionModel().selectedRows()
        return self.list.card(rows[0].row()) if rows else None


def device_name(device: str) -> str:
    """Return where a run trained as the choice of devices has it: CPU, 2 × CPU, cuda:0."""
    kind, _, count = device.partition(":")
    if kind != "cpu":
        return device
    return f"{count} × CPU" if count else "CPU"


def _mark(card: RunCard) -> tuple[str, str]:
    return _MARKS.get(card.state, ("●", "accent"))


def _shown_state(state: EngineState) -> RunState:
    """A run that measures its error is training: the list shows no state that is over in a moment."""
    return RunState.TRAINING if state is EngineState.TESTING else RunState(state.value)
