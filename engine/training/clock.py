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
        self._laps: deque[tuple[float, float, float, int]] = deque()
        self._seconds = self._waited = self._wait = 0.0
        self._communicated = self._talk = 0.0
        self._examples = 0

    def start(self) -> None:
        """Forget the time since the last lap."""
        self._last = time.perf_counter()

    def got_batch(self) -> None:
        """The batch of this lap has come: what passed so far was spent waiting for it."""
        self._wait = time.perf_counter() - self._last

    def communicated(self, seconds: float) -> None:
        """So long of this lap ranks sent, received and waited for one another."""
        self._talk += seconds

    def lap(self, examples: int) -> float:
        """End a step of ``examples`` and return its s."""
        now = time.perf_counter()
        seconds, waited, talked = now - self._last, self._wait, self._talk
        self._last, self._wait, self._talk = now, 0.0, 0.0
        self._laps.append((seconds, waited, talked, examples))
        self._add(seconds, waited, talked, examples)
        while self._seconds > _RATE_SECONDS and len(self._laps) > 1:
            old_seconds, old_waited, old_talked, old_examples = self._laps.popleft()
            self._add(-old_seconds, -old_waited, -old_talked, -old_examples)
        return seconds

    def _add(self, seconds: float, waited: float, talked: float, examples: int) -> None:
        self._seconds += seconds
        self._waited += waited
        self._communicated += talked
        self._examples += examples

    @property
    def examples_per_second(self) -> float:
        """Examples a second, lately; 0 before the first step."""
        return self._examples / self._seconds if self._seconds else 0.0

    @property
    def step_seconds(self) -> float:
        """Mean time of a step, lately, in s; 0 before the first one."""
        return self._seconds / len(self._laps) if self._laps else 0.0

    @property
    def waiting_share(self) -> float:
        """Share of that time that was spent waiting for pictures."""
        return self._share(self._waited)

    @property
    def communication_share(self) -> float:
        """Share of that time that was spent on communication."""
        return self._share(self._communicated)

    def _share(self, part: float) -> float:
        return min(1.0, max(0.0, part / self._seconds)) if self._seconds else 0.0
