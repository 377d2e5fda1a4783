"""Times steps, and says how many examples go through in a second."""

from __future__ import annotations

import time
from collections import deque

_RATE_SECONDS = 3.0
"""s over which the number of examples a second is taken."""


class StepClock:
    """Times steps alone: whoever does something else between two steps calls ``start`` after it."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._laps: deque[tuple[float, int]] = deque()
        self._seconds = 0.0
        self._examples = 0

    def start(self) -> None:
        """Forget the time since the last lap."""
        self._last = time.perf_counter()

    def lap(self, examples: int) -> float:
        """End a step of ``examples`` and return its s."""
        now = time.perf_counter()
        seconds = now - self._last
        self._last = now
        self._laps.append((seconds, examples))
        self._seconds += seconds
        self._examples += examples
        while self._seconds > _RATE_SECONDS and len(self._laps) > 1:
            old_seconds, old_examples = self._laps.popleft()
            self._seconds -= old_seconds
            self._examples -= old_examples
        return seconds

    @property
    def examples_per_second(self) -> float:
        """Examples a second, lately; 0 before the first step."""
        return self._examples / self._seconds if self._seconds else 0.0
