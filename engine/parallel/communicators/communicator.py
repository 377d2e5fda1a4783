"""What ranks need of one another: to exchange arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

Message = tuple[int, NDArray[Any]]
"""The other rank, and a contiguous array to send to it or to fill from it."""


class Communicator(Protocol):
    """A rank's line to the others of a training. All calls are made by one thread.

    Ranks meet each exchange in one order. Between two ranks, messages arrive in the order in which they were
    sent, and the receiver names arrays of the same size and type.
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
