"""What a rank's arrays lie in and its programs run on: the one seam between the host and a device."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from engine.plan.types import Buffer, Placement

Call = Callable[[], None]
Contents = Mapping[str, NDArray[Any]]


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

    def program(self, calls: Sequence[Call]) -> Call:
        """Return one call that does what ``calls``, which launch kernels on arrays, do in their order."""

    def look(
        self, arrays: Mapping[str, Any], then: Callable[[Contents], None], clear: Collection[str]
    ) -> None:
        """Call ``then`` with what arrays hold now: at once, or in ``arrive`` where it takes time to get here.

        Those named in ``clear`` are zero after it.
        """

    def arrive(self, *, wait: bool = False) -> None:
        """Call what waits for contents that have arrived; with ``wait``, for all."""

    def forget(self) -> None:
        """Drop all looks that have not arrived."""


def open_device(name: str, nbytes: int) -> Device:
    """Return the device ``name``, "cpu" or "cuda:N", with ``nbytes`` of zeroed memory.

    Raises DeviceError where there is not so much.
    """
    kind, _, index = name.partition(":")
    if kind == "cuda":
        from engine.runtime.gpu import Gpu

        return Gpu(nbytes, int(index or 0))
    from engine.runtime.cpu import Cpu

    return Cpu(nbytes)


def held_shape(buffer: Buffer, rank: int) -> tuple[int, ...]:
    """Return the shape of what ``rank`` holds of a buffer, in its physical layout."""
    extents = dict(zip(buffer.axes, buffer.local_shape(rank), strict=True))
    return tuple(extents[axis] for axis in buffer.layout)
