"""Tells slowness from what is usual: how long steps take, and for how long none has ended."""

from __future__ import annotations

from collections import deque
from statistics import median

LEAST = 30.0
"""s without a step that are never called slow."""

TIMES = 10.0
"""How many times as long as usual a step takes that is called slow."""

_STEPS = 20  # that tell what is usual


class Pace:
    """Follows the steps of a training. Times are in s, on any one clock."""

    def __init__(self, now: float) -> None:
        self._moved = now
        self._newest: int | None = None
        self._recent: deque[float] = deque(maxlen=_STEPS)  # s a step

    def rest(self, now: float) -> None:
        """Something else was done than steps; they begin anew."""
        self._moved = now
        self._newest = None

    def step(self, number: int, now: float) -> None:
        """The steps up to ``number`` have ended."""
        if self._newest is not None and number > self._newest:
            self._recent.append((now - self._moved) / (number - self._newest))
        if number != self._newest:
            self._newest = number
            self._moved = now

    def waited(self, now: float) -> float:
        """Return for how long no step has ended."""
        return now - self._moved

    def is_slow(self, now: float) -> bool:
        """Whether no step has ended for far longer than usual."""
        usual = median(self._recent) if self._recent else 0.0
        return self.waited(now) > max(LEAST, TIMES * usual)
