"""The run's log as it grows."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QWidget

from engine.protocol.messages import LogLine
from studio.models.run import LOG_LINES, RunModel
from studio.qt import theme

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()

_MARKS = {"debug": "", "info": "", "warning": "⚠ ", "error": "✖ "}
_COLOURS = {"debug": "secondary", "info": "text", "warning": "warning", "error": "error"}


class LogList(QAbstractListModel):
    """The lines of the run's log. The oldest leave where there are more than the run keeps."""

    def __init__(self, run: RunModel) -> None:
        super().__init__()
        self._run = run
        self._lines: list[LogLine] = []
        run.log_added.connect(self._on_log_added)
        run.run_replaced.connect(self._reset)
        self._reset()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            clock = time.strftime("%H:%M:%S", time.localtime(line.time))
            return f"{clock}  {_MARKS[line.level]}{line.text}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.colour(_COLOURS[line.level])
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.text
        return None

    def _reset(self) -> None:
        self.beginResetModel()
        self._lines = list(self._run.log)
        self._total = self._run.log_total
        self.endResetModel()

    def _on_log_added(self) -> None:
        log = self._run.log
        fresh = list(islice(log, max(0, len(log) - (self._run.log_total - self._total)), None))
        surplus = len(self._lines) + len(fresh) - LOG_LINES
        if surplus > 0:
            self.beginRemoveRows(ROOT, 0, surplus - 1)
            del self._lines[:surplus]
            self.endRemoveRows()
        self.beginInsertRows(ROOT, len(self._lines), len(self._lines) + len(fresh) - 1)
        self._lines += fresh
        self._total = self._run.log_total
        self.endInsertRows()


class LogPanel(QListView):
    """The log; stays at its end unless someone scrolled back. Ctrl+C copies the chosen lines."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = LogList(run)
        self._is_at_end = True
        self.setModel(self._list)
        self.setFont(theme.secondary_font())
        self.setFrameShape(self.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Log"))
        self._list.rowsAboutToBeInserted.connect(self._on_about_to_grow)
        self._list.rowsInserted.connect(self._on_grown)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._list.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(theme.colour("secondary"))
            text = self.tr("What the engine does, line by line")
            painter.drawText(
                self.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(self.selectedIndexes(), key=lambda index: index.row())
            QGuiApplication.clipboard().setText("\n".join(str(row.data()) for row in rows))
        else:
            super().keyPressEvent(event)

    def _on_about_to_grow(self) -> None:
        bar = self.verticalScrollBar()
        self._is_at_end = bar.value() >= bar.maximum() - 1

    def _on_grown(self) -> None:
        if self._is_at_end:
            self.scrollToBottom()
