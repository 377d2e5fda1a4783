"""The processor: arrays are NumPy's own, and all is done when it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from engine.data.loader import Loader
from engine.parallel.communicators.communicator import Communicator
from engine.plan.types import Buffer, Placement
from engine.runtime.arena import Arena
from engine.runtime.beside import Messenger, beside
from engine.runtime.device import Call, Contents, Span, Step
from engine.runtime.stopwatch import HostStopwatch


class Cpu:
    """A Device with ``nbytes`` of the host's memory."""

    is_host = True

    def __init__(self, nbytes: int) -> None:
        self._arena = Arena(nbytes)
        self._nbytes = nbytes
        self._messenger: Messenger | None = None
        self._goes_beside = True

    def array(self, buffer: Buffer, placement: Placement, rank: int) -> NDArray[Any]:
        """Return the array of ``buffer`` on ``rank``."""
        return self._arena.view(buffer, placement, rank)

    def read(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the array itself."""
        return array

    def write(self, array: NDArray[Any], values: Any) -> None:
        """Fill an array."""
        array[...] = values

    def convert(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        """Write the numbers of an array into another, in the type of that."""
        target[...] = source

    def line(self, line: Communicator) -> Communicator:
        """Return the host's own line. What a thread of its own may not call is called in turn."""
        self._goes_beside = line.for_any_thread
        return line

    def program(self, steps: Sequence[Step]) -> Call:
        """Return the call of all ``steps``, one after the other, with communication beside them if it may."""
        if self._goes_beside and any(step.stream == "communication" for step in steps):
            self._messenger = self._messenger or Messenger()
            return beside(steps, self._messenger)
        calls = [step.call for step in steps]

        def run() -> None:
            for call in calls:
                call()

        return run

    def timed(self, steps: Sequence[Step]) -> list[Span]:
        """Run ``steps`` as their program does, and return when each ran."""
        spans: dict[str, Span] = {}
        begun = time.perf_counter()

        def timed(step: Step) -> Step:
            def run() -> None:
                begin = time.perf_counter()
                step.call()
                spans[step.name] = Span(step.name, step.stream, begin - begun, time.perf_counter() - begun)

            return replace(step, call=run)

        self.program([timed(step) for step in steps])()
        return [spans[step.name] for step in steps]

    def stopwatch(self, count: int) -> HostStopwatch:
        """Return the host's clock."""
        return HostStopwatch()

    def look(
        self, arrays: Mapping[str, NDArray[Any]], then: Callable[[Contents], None], clear: Collection[str]
    ) -> None:
        """Call ``then`` at once."""
        then(arrays)
        for name in clear:
            arrays[name].fill(0)

    def feed(self, loader: Loader, inputs: Sequence[Any], labels: Sequence[Any]) -> Loader:
        """Return the loader itself."""
        return loader

    def arrive(self, *, wait: bool = False) -> None:
        """Do nothing: all has arrived."""

    def memory(self) -> Mapping[str, int]:
        """Return the bytes of the plan's arena."""
        return {"plan": self._nbytes}

    def forget(self) -> None:
        """Do nothing: no look is under way."""
