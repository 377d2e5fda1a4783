"""The run's log as it grows."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from engine.protocol.messages import LogLine, StateChanged
from engine.protocol.problems import rebuild
from studio.models.run import RunModel
from studio.models.run_log import LOG_LINES, LogEntry
from studio.models.run_state import RunState
from studio.qt import theme
from studio.qt.labels import Label
from studio.qt.run_texts import state_name
from studio.qt.texts import error_text, line_text

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()

_FIELD_WIDTH = 160
_MARKS = {"debug": "", "info": "", "warning": "⚠ ", "error": "✖ "}
_COLOURS = {"debug": "secondary", "info": "text", "warning": "warning", "error": "error"}


def _colour(entry: LogEntry) -> str:
    match entry:
        case LogLine(level=level):
            return _COLOURS[level]
        case StateChanged(cause=cause) if cause is not None:
            return "error"
        case StateChanged():
            return "text"


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


class LogList(QAbstractListModel):
    """The lines of the run's log. The oldest leave where there are more than the run keeps."""

    def __init__(self, run: RunModel) -> None:
        super().__init__()
        self._run = run
        self._lines: list[LogEntry] = []
        run.log_added.connect(self._on_log_added)
        run.run_replaced.connect(self._reset)
        self._reset()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._describe(entry)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.colour(_colour(entry))
        return None

    def _describe(self, entry: LogEntry) -> str:
        match entry:
            case LogLine(when, level):
                return f"{_clock(when)}  {_MARKS[level]}{line_text(entry)}"
            case StateChanged(when, state, cause):
                words = state_name(RunState(state.value)).rstrip("…")
                reason = "" if cause is None else f": {error_text(rebuild(cause))}"
                return f"{_clock(when)}  {words}{reason}"

    def _reset(self) -> None:
        self.beginResetModel()
        self._lines = list(self._run.record.log.lines)
        self._total = self._run.record.log.total
        self.endResetModel()

    def _on_log_added(self) -> None:
        log = self._run.record.log.lines
        fresh = list(islice(log, max(0, len(log) - (self._run.record.log.total - self._total)), None))
        surplus = len(self._lines) + len(fresh) - LOG_LINES
        if surplus > 0:
            self.beginRemoveRows(ROOT, 0, surplus - 1)
            del self._lines[:surplus]
            self.endRemoveRows()
        self.beginInsertRows(ROOT, len(self._lines), len(self._lines) + len(fresh) - 1)
        self._lines += fresh
        self._total = self._run.record.log.total
        self.endInsertRows()


class LogPanel(QListView):
    """The log, or its lines with some words; stays at its end unless someone scrolled back.

    Ctrl+C copies the chosen lines.
    """

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = LogList(run)
        self._is_at_end = True
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._list)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._found)
        self.setFont(theme.secondary_font())
        self.setFrameShape(self.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Log"))
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_range_changed)

    def lines(self) -> list[str]:
        """Return all lines that are shown, as they are."""
        return [str(self._found.index(at, 0).data()) for at in range(self._found.rowCount())]

    def search(self, words: str) -> None:
        """Show only the lines that have these words."""
        self._found.setFilterFixedString(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._found.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(theme.colour("secondary"))
            is_empty = not self._list.rowCount()
            text = self.tr("What the engine does, line by line") if is_empty else self.tr("No such line")
            painter.drawText(
                self.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(self.selectedIndexes(), key=lambda index: index.row())
            QGuiApplication.clipboard().setText("\n".join(str(row.data()) for row in rows))
        else:
            super().keyPressEvent(event)

    def _on_scrolled(self, value: int) -> None:
        self._is_at_end = value >= self.verticalScrollBar().maximum()

    def _on_range_changed(self) -> None:
        """More lines, or more or less room for them."""
        if self._is_at_end:
            self.scrollToBottom()


class SearchableLog(QWidget):
    """A log below its title and a field to search it."""

    def __init__(self, log: LogPanel) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Search the log"))
        self.field.setAccessibleName(self.tr("Search the log"))
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(_FIELD_WIDTH)
        self.field.textChanged.connect(log.search)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Log"), "strong"), 1)
        head.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(log, 1)
