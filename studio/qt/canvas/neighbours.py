"""Which card the arrow keys go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from studio.models.edits import Position

Direction = Literal["left", "right", "up", "down"]

_ASIDE = 2.0
"""How much more a pixel aside counts than one ahead."""
_WIDEST = 3.0
"""What lies more than this many times as far aside as ahead is not in that direction."""


def neighbour(positions: Mapping[str, Position], start: str | None, direction: Direction) -> str | None:
    """Return the card nearest to ``start`` in a direction; the topmost one where ``start`` is None."""
    if start is None:
        return min(positions, key=lambda name: (positions[name][1], positions[name][0]), default=None)
    x, y = positions[start]
    ahead = {
        name: _along((other_x - x, other_y - y), direction)
        for name, (other_x, other_y) in positions.items()
        if name != start
    }
    reached = {
        name: steps + _ASIDE * abs(aside)
        for name, (steps, aside) in ahead.items()
        if abs(aside) < _WIDEST * steps
    }
    return min(reached, key=lambda name: reached[name], default=None)


def _along(offset: Position, direction: Direction) -> tuple[float, float]:
    """Return how far an offset goes in a direction, and how far aside."""
    x, y = offset
    match direction:
        case "left":
            return -x, y
        case "right":
            return x, y
        case "up":
            return -y, x
        case "down":
            return y, x
