"""How long some calls of a program take in a run of it: by the host's clock, or by a GPU's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kernels.cuda._compile import function

if TYPE_CHECKING:
    from engine.runtime.gpu import Gpu

Call = Callable[[], None]

_EVERY = 10
"""Runs between two looks at a GPU's clock."""


class Stopwatch(Protocol):
    """Times calls of one program."""

    def timing(self, call: Call) -> Call:
        """Return a call that does the same, and is timed."""
        ...

    def lap(self) -> None:
        """Note that the program was run once, or on a GPU will have been."""

    @property
    def seconds(self) -> float:
        """S that the timed calls of a run took in all, lately, also beside others; 0 before that is known."""
        ...


class HostStopwatch:
    """A Stopwatch for calls that have been done when they return; ``seconds`` are those of the last run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sum = 0.0

    def timing(self, call: Call) -> Call:
        """Return a call that does the same, and is timed."""

        def timed() -> None:
            begun = time.perf_counter()
            call()
            self._sum += time.perf_counter() - begun

        return timed

    def lap(self) -> None:
        """Note that the program was run once."""
        self.seconds, self._sum = self._sum, 0.0


class GpuStopwatch:
    """A Stopwatch for ``count`` calls that only launch what a GPU does, once or whenever a graph is replayed.

    The GPU itself sums up how long each call took, and nobody waits for it: ``seconds`` are the mean over the
    runs between two looks of which the second has arrived.
    """

    def __init__(self, gpu: Gpu, count: int) -> None:
        self.seconds = 0.0
        self._gpu = gpu
        self._clocks = gpu.upload(np.zeros((count, 2), np.int64))  # ns: the call's last begin, its sum
        self._free = iter(self._clocks)
        self._begin, self._end = function("_stamp", "stamp"), function("_stamp", "add_since")
        self._begin.compile()
        self._end.compile()
        self._runs = 0
        self._look: tuple[Any, Any, int] | None = None  # event, clocks as they were then, and after what runs
        self._seen = (0, 0)  # ns and runs, at the last look that has arrived

    def timing(self, call: Call) -> Call:
        """Return a call that does the same, and is timed."""
        clock = next(self._free)

        def timed() -> None:
            self._begin((1,), (1,), (clock,))
            call()
            self._end((1,), (1,), (clock,))

        return timed

    def lap(self) -> None:
        """Note that the program will be run once more; look at the clocks now and then."""
        self._runs += 1
        if self._look is not None:
            self._arrive(*self._look)
        elif self._runs % _EVERY == 0:
            clocks = self._gpu.pinned(self._clocks)
            self._clocks.get(stream=self._gpu.stream, out=clocks, blocking=False)
            event = self._gpu.new_event()
            event.record(self._gpu.stream)
            self._look = event, clocks, self._runs

    def _arrive(self, event: Any, clocks: Any, runs: int) -> None:
        if event.done:
            nanoseconds, (before, runs_before) = int(clocks[:, 1].sum()), self._seen
            self.seconds = (nanoseconds - before) / 1e9 / (runs - runs_before)
            self._seen, self._look = (nanoseconds, runs), None
