"""What is inside the network, one view at a time."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

LEAST = 200
"""Height of a view at least, px."""


class _Pages(QStackedWidget):
    """Gives all views the same room, whatever they ask for: nothing moves when another one is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumHeight(LEAST)

    def hasHeightForWidth(self) -> bool:
        return False


class LookInside(QWidget):
    """Tabs of views, and a button that gives them all the room."""

    enlarged = Signal(bool)

    def __init__(self, views: list[tuple[str, QWidget]], parent: QWidget | None = None) -> None:
        """``views`` are titles and widgets."""
        super().__init__(parent)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self._pages = _Pages()
        self.enlarge_button = QPushButton(self.tr("Enlarge"))
        self.enlarge_button.setCheckable(True)
        self.enlarge_button.setToolTip(self.tr("Give this all the room, or only its part"))
        for title, view in views:
            self.tabs.addTab(title)
            self._pages.addWidget(view)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.enlarge_button.toggled.connect(self.enlarged)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.tabs)
        row.addStretch()
        row.addWidget(self.enlarge_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._pages, 1)

    def show_view(self, view: QWidget) -> None:
        """Go to a view."""
        self.tabs.setCurrentIndex(self._pages.indexOf(view))
