"""What a rank's arrays lie in and its programs run on: the one seam between the host and a device."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.data.loader import Loader, Positioned, Target
from engine.data.views import Views
from engine.parallel.communicators.communicator import Communicator
from engine.parallel.devices import gpu_index
from engine.plan.types import Buffer, Placement, Stream
from engine.runtime.stopwatch import Stopwatch

Call = Callable[[], None]
Contents = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Step:
    """One call of a program, which does an operation, or several.

    It begins after those before it on its ``stream``, and after those whose places in the program are in
    ``after``.
    """

    call: Call
    name: str
    stream: Stream = "compute"
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Span:
    """When a step of a program ran: from ``begin`` to ``end``, in s since the program's begin."""

    name: str
    stream: Stream
    begin: float
    end: float


class Feedable(Protocol):
    """A batch that can be put into the arrays of a program."""

    @property
    def positions(self) -> NDArray[np.int64]:
        """Where in the split each valid row comes from."""

    @property
    def valid(self) -> int:
        """How many rows hold an example."""
        ...

    def fill(self, target: Target) -> None:
        """Put pictures and labels where they are wanted."""


class Feed(Protocol):
    """Makes batches of a split, as :class:`engine.data.loader.Loader` does."""

    def epoch(self, epoch: int, start: int = 0, *, shuffle: bool = True) -> Generator[Feedable]:
        """Yield each example once, from the ``start``-th of this epoch's order on."""
        ...

    def views(self, batch: Positioned, views: Views) -> Iterator[NDArray[Any]]:
        """Yield the pictures of one of its batches once for each view, prepared."""
        ...


class Device(Protocol):
    """A device with the memory of one rank. What is asked of it is done in order, one after the other.

    Where it ``is_host``, arrays are the host's own and looking at them costs nothing.
    """

    is_host: bool

    def array(self, buffer: Buffer, placement: Placement, rank: int) -> Any:
        """Return the array of ``buffer`` on ``rank`` in the memory, as kernels take it."""

    def read(self, array: Any) -> NDArray[Any]:
        """Return what an array holds after all that was asked so far. It is not to be written to."""

    def write(self, array: Any, values: Any) -> None:
        """Fill an array with ``values``, which may be used again at once."""

    def convert(self, source: Any, target: Any) -> None:
        """Write the numbers of an array into another, in the type of that."""

    def line(self, line: Communicator) -> Communicator:
        """Return the line for arrays of this device, where ``line`` is that for arrays of the host."""
        ...

    def program(self, steps: Sequence[Step]) -> Call:
        """Return one call that does what ``steps`` do, which work on arrays of this device."""
        ...

    def timed(self, steps: Sequence[Step]) -> list[Span]:
        """Do what ``steps`` do, and return when each ran."""
        ...

    def stopwatch(self, count: int) -> Stopwatch:
        """Return what times ``count`` calls of a program."""
        ...

    def look(
        self, arrays: Mapping[str, Any], then: Callable[[Contents], None], clear: Collection[str]
    ) -> None:
        """Call ``then`` with what arrays hold now: at once, or in ``arrive`` where it takes time to get here.

        Those named in ``clear`` are zero after it.
        """

    def arrive(self, *, wait: bool = False) -> None:
        """Call what waits for contents that have arrived; with ``wait``, for all."""

    def feed(self, loader: Loader, inputs: Sequence[Any], labels: Sequence[Any]) -> Feed:
        """Return what makes the batches of ``loader`` for arrays of inputs and labels on this device."""
        ...

    def memory(self) -> Mapping[str, int]:
        """Return the bytes that are taken of the device's memory, by what for."""
        ...

    def forget(self) -> None:
        """Drop all looks that have not arrived."""


def open_device(name: str, nbytes: int) -> Device:
    """Return the device ``name``, "cpu" or "cuda:N", with ``nbytes`` of zeroed memory.

    Raises DeviceError where there is not so much.
    """
    index = gpu_index(name)
    if index is not None:
        from engine.runtime.gpu import Gpu

        return Gpu(nbytes, index)
    from engine.runtime.cpu import Cpu

    return Cpu(nbytes)


def held_shape(buffer: Buffer, rank: int) -> tuple[int, ...]:
    """Return the shape of what ``rank`` holds of a buffer, in its physical layout."""
    extents = dict(zip(buffer.axes, buffer.local_shape(rank), strict=True))
    return tuple(extents[axis] for axis in buffer.layout)
