"""The communicator of a training on one device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.parallel.communicators.communicator import Communicator, Message


class Single:
    """One rank, which has nobody to talk to."""

    rank = 0
    size = 1
    can_be_captured = True
    for_any_thread = True

    def for_gpu(self) -> Communicator:
        """Return this one."""
        return self

    def summer(self, arrays: Sequence[Any], ranks: Sequence[int]) -> Callable[[], None]:
        """Return a call that does nothing: the sums are there."""
        return lambda: None

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Do nothing: there is no other rank."""
