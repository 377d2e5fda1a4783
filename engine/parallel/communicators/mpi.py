"""Ranks as processes that MPI has started: ``mpiexec -n 4 python -m mpi4py -m …``.

Run under ``-m mpi4py``, a rank that fails aborts all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from engine.errors import RankError
from engine.parallel.communicators.communicator import Communicator, Message
from engine.parallel.communicators.summing import summer
from engine.words import Words

_YIELDS = 50  # how often others are let go first before this rank sleeps
_SHORTEST, _LONGEST = 2e-5, 1e-3  # s of sleep between two looks


class MpiCommunicator:
    """The line of one of MPI's ranks. Importing MPI initialises it, so that is left to who makes one."""

    can_be_captured = False

    def __init__(self) -> None:
        from mpi4py import MPI

        self._test_all = MPI.Request.Testall
        self._error = MPI.Exception
        # A communicator of our own: messages of others who use MPI in this process cannot be taken for ours.
        self._world = MPI.COMM_WORLD.Dup()
        self.rank: int = self._world.rank
        self.size: int = self._world.size
        self.for_any_thread: bool = MPI.Query_thread() >= MPI.THREAD_SERIALIZED

    def for_gpu(self) -> Communicator:
        """Return a line of NCCL's."""
        from engine.parallel.communicators.nccl import NcclCommunicator

        return NcclCommunicator(self)

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Send and receive arrays at once. Where a rank has died, MPI ends all, or this raises RankError."""
        try:
            pending = [self._world.Irecv(array, source=rank) for rank, array in receives]
            pending += [self._world.Isend(array, dest=rank) for rank, array in sends]
            self._wait(pending)
        except self._error as error:
            raise RankError(
                rank=self.rank, reason=Words("it has lost its line to the others ({reason})", reason=error)
            ) from error

    def summer(self, arrays: Sequence[NDArray[Any]], ranks: Sequence[int]) -> Callable[[], None]:
        """Return a call that sums arrays up over ranks."""
        return summer(self, arrays, ranks)

    def _wait(self, pending: list[Any]) -> None:
        """Wait as MPI does not: it takes a whole core, which there may not be for each rank."""
        for _ in range(_YIELDS):
            if self._test_all(pending):
                return
            time.sleep(0) if os.name == "nt" else os.sched_yield()
        pause = _SHORTEST
        while not self._test_all(pending):
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
