"""The history: all steps, of which one can be gone back or forth to."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.models.document import Document
from studio.qt import theme
from studio.qt.inspector.note import Note
from studio.qt.labels import Label
from studio.qt.texts import title_text

_SIZE = (320, 400)
_ROW = QSize(0, 28)


class HistoryDialog(QDialog):
    """Follows the document; what was taken back is shown fainter."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self.setWindowTitle(self.tr("History"))
        self.resize(*_SIZE)
        self.list = QListWidget()
        self.list.setObjectName("boxed")
        self.list.setAccessibleName(self.tr("History"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("History"), "heading"))
        column.addWidget(Note(self.tr("Click a step to go back or forth to it."), "secondary"))
        column.addWidget(self.list, 1)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        document.changed.connect(self._refresh)
        self._refresh()

    def detach(self) -> None:
        """Listen to the document no more; for when the window closes."""
        self._document.changed.disconnect(self._refresh)

    def _refresh(self) -> None:
        stack = self._document.undo_stack
        self.list.clear()
        for number, words in enumerate([self.tr("Start"), *map(title_text, stack.titles)]):
            item = QListWidgetItem(words, self.list)
            item.setSizeHint(_ROW)
            if number > stack.done:
                item.setForeground(theme.colour("disabled"))
        self.list.setCurrentRow(stack.done)
        self.list.scrollToItem(self.list.currentItem())

    def _go(self, item: QListWidgetItem) -> None:
        self._document.go_to(self.list.row(item))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
