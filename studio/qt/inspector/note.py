"""A text of some lines, which hides where it has nothing to say."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QSizePolicy

from studio.qt.labels import Label


class Note(Label):
    """Wraps its text, and lets it be selected and copied. An error is in the colour of errors."""

    def __init__(self, text: str = "", rank: Literal["body", "secondary", "error"] = "body") -> None:
        super().__init__(text, "body" if rank == "body" else "secondary")
        if rank == "error":
            self.setForegroundRole(QPalette.ColorRole.BrightText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if not text:
            self.hide()

    def say(self, text: str) -> None:
        """Show a text; nothing where it is empty."""
        self.setText(text)
        self.setVisible(bool(text))
