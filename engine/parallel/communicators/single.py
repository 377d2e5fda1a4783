"""The communicator of a training on one device."""

from __future__ import annotations

from collections.abc import Sequence

from engine.parallel.communicators.communicator import Message


class Single:
    """One rank, which has nobody to talk to."""

    rank = 0
    size = 1

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Do nothing: there is no other rank."""
