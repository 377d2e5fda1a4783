"""A view that is made when it is first looked at, so that the window need not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

View = TypeVar("View", bound=QWidget)


class LazyView(QWidget, Generic[View]):
    """Holds the view that ``make`` returns, from the first showing or ``prepare`` on."""

    def __init__(self, make: Callable[[], View], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._view: View | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    def prepare(self) -> View:
        """Make the view if it is not there yet, and return it."""
        if self._view is None:
            self._view = self._make()
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._view)
        return self._view

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.prepare()
