"""What an empty panel shows: what will be there, and the one action that fills it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from studio.qt.labels import Label


class EmptyNote(QWidget):
    """A text in the middle and, where there is something to do, a button below it."""

    triggered = Signal()

    def __init__(self, text: str = "", action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Label(rank="secondary")
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.clicked.connect(self.triggered)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch()
        column.addWidget(self._text)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        self.say(text, action)

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def say(self, text: str, action: str = "", *, is_problem: bool = False) -> None:
        """Show a text, a problem in the colour of errors, and the title of an action, or no action."""
        role = QPalette.ColorRole.BrightText if is_problem else QPalette.ColorRole.PlaceholderText
        self._text.setForegroundRole(role)
        self._text.setText(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
