"""A box for a whole number, which stands as far from the edge as what other fields hold."""

from __future__ import annotations

from PySide6.QtWidgets import QSpinBox

_AIR = 7
"""px; a style sheet's padding does not reach the number."""


class SpinBox(QSpinBox):
    """A spin box with air at the left of its number."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_AIR, 0, 0, 0)
