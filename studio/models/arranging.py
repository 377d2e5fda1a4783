"""Putting cards in line: each is one step of undo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

from studio.models import editing
from studio.models.document import Document
from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH

Axis = Literal["x", "y"]

_INDEX: Final[dict[Axis, int]] = {"x": 0, "y": 1}
_OTHER: Final[dict[Axis, Axis]] = {"x": "y", "y": "x"}
_LEAST: Final[dict[Axis, float]] = {"x": CARD_WIDTH + 24.0, "y": CARD_HEIGHT + 24.0}
"""px between the beginnings of two cards that are put in line, at least."""


def align(document: Document, names: Sequence[str], axis: Axis) -> None:
    """Put cards onto one line with the first of ``names``: below each other ("x") or beside ("y").

    Those that would lie over one another get a gap.
    """
    positions = document.network.positions
    along = _OTHER[axis]
    first, least = positions[names[0]][_INDEX[axis]], _LEAST[along]
    places: dict[str, Position] = {}
    end = -math.inf
    for name in _sorted(document, names, along):
        at = max(positions[name][_INDEX[along]], end)
        places[name] = (first, at) if axis == "x" else (at, first)
        end = at + least
    editing.move(document, places)


def distribute(document: Document, names: Sequence[str], axis: Axis) -> None:
    """Give cards equal distances along an axis; the outermost ones stay."""
    positions = document.network.positions
    index = _INDEX[axis]
    row = _sorted(document, names, axis)
    start, end = positions[row[0]][index], positions[row[-1]][index]
    step = (end - start) / max(1, len(row) - 1)
    places = {name: _with(positions[name], axis, start + step * i) for i, name in enumerate(row)}
    editing.move(document, places)


def nudge(document: Document, names: Sequence[str], by: Position) -> None:
    """Move cards a little; nudges that follow one another are one step."""
    positions = document.network.positions
    places = {name: (positions[name][0] + by[0], positions[name][1] + by[1]) for name in names}
    editing.move(document, places, ("nudge", tuple(names)))


def _sorted(document: Document, names: Sequence[str], axis: Axis) -> list[str]:
    return sorted(names, key=lambda name: document.network.positions[name][_INDEX[axis]])


def _with(place: Position, axis: Axis, value: float) -> Position:
    return (value, place[1]) if axis == "x" else (place[0], value)
