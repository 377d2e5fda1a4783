"""The names of other computers, kept in the person's settings."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QSettings

from engine.errors import ComputerError
from studio.models.computers import Computers
from studio.qt.files import strings

_KEPT = "computers"


def restore(computers: Computers) -> None:
    """Name the computers that were named when the studio was last here; none is connected."""
    for entry in strings(QSettings().value(_KEPT)):
        text, _, program = entry.partition("\t")
        with suppress(ComputerError):  # settings that were changed by hand
            computers.add(text, program)


def remember(computers: Computers) -> None:
    """Keep the names of the computers."""
    kept = [f"{each.address.text}\t{each.address.program}" for each in computers]
    QSettings().setValue(_KEPT, kept)
