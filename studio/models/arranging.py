"""Putting cards in line: each is one step of undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from studio.models import editing
from studio.models.document import Document
from studio.models.edits import Position

Axis = Literal["x", "y"]


def align(document: Document, names: Sequence[str], axis: Axis) -> None:
    """Put cards onto one line with the first of ``names``: below each other ("x") or beside ("y")."""
    positions = document.network.positions
    first_x, first_y = positions[names[0]]
    places = {name: _with(positions[name], axis, first_x if axis == "x" else first_y) for name in names}
    editing.move(document, places)


def distribute(document: Document, names: Sequence[str], axis: Axis) -> None:
    """Give cards equal distances along an axis; the outermost ones stay."""
    positions = document.network.positions
    index = 0 if axis == "x" else 1
    row = sorted(names, key=lambda name: positions[name][index])
    start, end = positions[row[0]][index], positions[row[-1]][index]
    step = (end - start) / max(1, len(row) - 1)
    places = {name: _with(positions[name], axis, start + step * i) for i, name in enumerate(row)}
    editing.move(document, places)


def nudge(document: Document, names: Sequence[str], by: Position) -> None:
    """Move cards a little; nudges that follow one another are one step."""
    positions = document.network.positions
    places = {name: (positions[name][0] + by[0], positions[name][1] + by[1]) for name in names}
    editing.move(document, places, ("nudge", tuple(names)))


def _with(place: Position, axis: Axis, value: float) -> Position:
    return (value, place[1]) if axis == "x" else (place[0], value)
