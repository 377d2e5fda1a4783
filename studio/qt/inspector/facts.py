"""Figures with their names, in two columns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.qt.labels import Label


class Facts(QWidget):
    """A small table that a person can read and copy from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._values: list[tuple[Label, Label]] = []

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show (name, figure) pairs."""
        while len(self._values) < len(facts):
            self._add_row()
        for index, (name, figure) in enumerate(self._values):
            is_used = index < len(facts)
            name.setVisible(is_used)
            figure.setVisible(is_used)
            if is_used:
                name.setText(facts[index][0])
                figure.setText(facts[index][1])

    def facts(self) -> list[tuple[str, str]]:
        """Return what is shown."""
        return [(name.text(), figure.text()) for name, figure in self._values if not name.isHidden()]

    def _add_row(self) -> None:
        name, figure = Label(rank="secondary"), Label()
        figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = len(self._values)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(figure, row, 1)
        self._values.append((name, figure))
