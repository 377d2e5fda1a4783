"""What ranks need of one another: to exchange arrays, and to sum them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

Message = tuple[int, Any]
"""The other rank, and a contiguous array to send to it or to fill from it."""


class Communicator(Protocol):
    """A rank's line to the others of a training. Calls are made one at a time, by one thread or several.

    Ranks meet each exchange in one order. Between two ranks, messages arrive in the order in which they were
    sent, and the receiver names arrays of the same size and type. Arrays are NumPy's, or those of the device
    that the line belongs to.
    """

    @property
    def rank(self) -> int:
        """This rank, counted from 0."""

    @property
    def size(self) -> int:
        """The number of ranks."""

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Send and receive arrays at once; return when all have been sent and filled.

        Raises RankError where another rank has failed.
        """

    def for_gpu(self) -> Communicator:
        """Return the line between the same ranks for arrays on the GPU that is in use; all must call this."""
        ...

    @property
    def can_be_captured(self) -> bool:
        """Whether its calls only launch what a GPU does, so that a CUDA graph can hold them."""
        ...

    @property
    def for_any_thread(self) -> bool:
        """Whether another thread than the one that made the line may call it, too."""
        ...

    def summer(self, arrays: Sequence[Any], ranks: Sequence[int]) -> Callable[[], None]:
        """Return the call that leaves in each array of one axis its sum over ``ranks``, this one included.

        It has the same bits on all of them, and in every run.
        """
        ...
