"""The list of what is wrong with the network; a click leads to the place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.errors import NetworkError
from studio.models.document import Document
from studio.qt import icons, theme
from studio.qt.empty_note import EmptyNote
from studio.qt.texts import error_text

_PROBLEM = Qt.ItemDataRole.UserRole


class ProblemsPanel(QWidget):
    """Lists all problems. ``chosen`` carries the problem whose place is to be shown."""

    chosen = Signal(object)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._shown: tuple[NetworkError, ...] | None = None
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setAccessibleName(self.tr("Problems"))
        self._nothing = EmptyNote(self.tr("Nothing is wrong: the network can be trained."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        self.list.itemClicked.connect(self._on_chosen)
        self.list.itemActivated.connect(self._on_chosen)
        document.changed.connect(self._refresh)
        self._refresh()

    def detach(self) -> None:
        """Listen to the document no more; for when the window closes."""
        self._document.changed.disconnect(self._refresh)

    def _refresh(self) -> None:
        problems = self._document.inspection.problems
        if problems == self._shown:
            return
        self._shown = problems
        self.list.clear()
        for problem in problems:
            item = QListWidgetItem(icons.icon("problem", 16, theme.colour("error")), error_text(problem))
            item.setData(_PROBLEM, problem)
            self.list.addItem(item)
        self.list.setVisible(bool(problems))
        self._nothing.setVisible(not problems)

    def _on_chosen(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_PROBLEM))
