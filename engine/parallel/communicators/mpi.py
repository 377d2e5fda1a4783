"""Ranks as processes that MPI has started: ``mpiexec -n 4 python -m mpi4py -m …``.

Run under ``-m mpi4py``, a rank that fails aborts all.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.parallel.communicators.communicator import Message


class MpiCommunicator:
    """The line of one of MPI's ranks. Importing MPI initialises it, so that is left to who makes one."""

    def __init__(self) -> None:
        from mpi4py import MPI

        self._wait_all = MPI.Request.Waitall
        # A communicator of our own: messages of others who use MPI in this process cannot be taken for ours.
        self._world = MPI.COMM_WORLD.Dup()
        self.rank: int = self._world.rank
        self.size: int = self._world.size

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Send and receive arrays at once; MPI aborts all ranks where one has failed."""
        pending = [self._world.Irecv(array, source=rank) for rank, array in receives]
        pending += [self._world.Isend(array, dest=rank) for rank, array in sends]
        self._wait_all(pending)
