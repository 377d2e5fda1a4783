"""The way a wire takes: a smooth curve, which goes round the cards that lie between its ends."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from studio.models.edits import Position
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH

_SHORTEST_LEAD = 24.0
_BEND = 40.0
"""Height in which a wire comes to its lane and leaves it: that between two rows of cards, px."""
_AIR = 8.0
"""Distance that a wire keeps from cards, px."""
_LANE = 20.0
"""Distance of a lane from the card that it passes, px."""
_SAMPLES = np.linspace(0.01, 0.99, 65)

Places = NDArray[np.float64]


def places_of(positions: Iterable[Position]) -> Places:
    """Return the upper left corners of cards, (cards, 2)."""
    return np.array(list(positions), dtype=np.float64).reshape(-1, 2)


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """Return a smooth curve that leaves ``start`` downwards and comes to ``end`` from above."""
    path = QPainterPath(start)
    _bend(path, start, end)
    return path


def route(start: QPointF, end: QPointF, cards: Places) -> QPainterPath:
    """Return a curve, or where that would cross a card a way along a free lane beside the cards."""
    blocking = _between(start, end, cards)
    if not len(blocking) or not _curve_hits(start, end, blocking):
        return curve(start, end)
    lane = _free_lane(start.x(), end.x(), blocking)
    path = QPainterPath(start)
    _bend(path, start, QPointF(lane, start.y() + _BEND))
    path.lineTo(lane, end.y() - _BEND)
    _bend(path, QPointF(lane, end.y() - _BEND), end)
    return path


def _bend(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    drop = end.y() - start.y()
    lead = max(_SHORTEST_LEAD, abs(drop) / 2)
    if drop < 0:
        lead = max(lead, abs(end.x() - start.x()) / 4)
    path.cubicTo(start + QPointF(0, lead), end - QPointF(0, lead), end)


def _between(start: QPointF, end: QPointF, cards: Places) -> Places:
    """Return the cards that lie wholly between the heights of a wire's ends."""
    top = cards[:, 1]
    found: Places = cards[(top > start.y()) & (top + CARD_HEIGHT < end.y())]
    return found


def _curve_hits(start: QPointF, end: QPointF, cards: Places) -> bool:
    t, lead = _SAMPLES, max(_SHORTEST_LEAD, (end.y() - start.y()) / 2)
    a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
    x = (a + b) * start.x() + (c + d) * end.x()
    y = a * start.y() + b * (start.y() + lead) + c * (end.y() - lead) + d * end.y()
    left, top = cards[:, :1] - _AIR, cards[:, 1:] - _AIR
    inside = (x > left) & (x < left + CARD_WIDTH + 2 * _AIR) & (y > top) & (y < top + CARD_HEIGHT + 2 * _AIR)
    return bool(inside.any())


def _free_lane(start: float, end: float, cards: Places) -> float:
    """Return the place of a vertical line that passes all cards, with the shortest way to both ends."""
    left, right = cards[:, 0], cards[:, 0] + CARD_WIDTH
    lanes = np.concatenate(([start, end], left - _LANE, right + _LANE))
    is_free = ((lanes[:, None] < left - _AIR) | (lanes[:, None] > right + _AIR)).all(axis=1)
    free = lanes[is_free]
    return float(free[np.argmin(np.abs(free - start) + np.abs(free - end))])
