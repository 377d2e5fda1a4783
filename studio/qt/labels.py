"""Labels whose type and colour follow the theme."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from studio.qt import theme

Rank = Literal["heading", "strong", "body", "secondary"]

_SECTION_HEIGHT = 28
"""Of a section's title with the air above it, px."""


class Label(QLabel):
    """A text of one of the four ranks that the studio knows."""

    def __init__(self, text: str = "", rank: Rank = "body") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(_font(rank))
        if rank == "secondary":
            self.setForegroundRole(QPalette.ColorRole.PlaceholderText)


class SectionTitle(Label):
    """Heads a part of a page, with air above it."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "strong")
        self.setMinimumHeight(_SECTION_HEIGHT)
        self.setAlignment(Qt.AlignmentFlag.AlignBottom)


class ProblemLabel(Label):
    """Says what went wrong, in as many lines as that takes; hidden while nothing did."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("problem")
        self.setWordWrap(True)
        self.hide()

    def say(self, text: str) -> None:
        """Tell of a problem; "" tells of none."""
        self.setText(text)
        self.setVisible(bool(text))


class ShortLabel(Label):
    """A label that gives way: what does not fit is cut with an ellipsis, and is the tool tip."""

    def __init__(self, text: str = "", rank: Rank = "body") -> None:
        super().__init__("", rank)
        self._full = text
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show a text, as much of it as fits."""
        self._full = text
        self._elide()

    @property
    def full_text(self) -> str:
        """The text without any cut."""
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


def _font(rank: Rank) -> QFont:
    match rank:
        case "heading":
            return theme.heading_font()
        case "secondary":
            return theme.secondary_font()
        case _:
            return theme.body_font(bold=rank == "strong")
