"""The field in which a comment's text is written, over the comment on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CommentEditor(QPlainTextEdit):
    """Emits ``written`` (name, text) when the person leaves it or presses Ctrl+Enter; Escape gives it up."""

    written = Signal(str, str)
    done = Signal()  # by a key: the keyboard goes back to the canvas

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self._before = ""
        self.setAccessibleName(self.tr("Comment"))
        self.setPlaceholderText(self.tr("Comment; Ctrl+Enter when done"))
        self.hide()

    def write(self, name: str, text: str, place: QRect) -> None:
        """Open over a comment."""
        self._name, self._before = name, text
        self.setPlainText(text)
        self.setGeometry(place)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self._leave(self._before)
            self.done.emit()
        elif event.key() in _ENTER and is_control:
            self._leave(self.toPlainText())
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep single keys from being commands while text is written."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._leave(self.toPlainText())

    def _leave(self, text: str) -> None:
        name, self._name = self._name, ""
        self.hide()
        if name and text != self._before:
            self.written.emit(name, text)
