"""Signs of life of ranks on other computers, which the engine hears from rank 0."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from engine.protocol.internal import Beat

_BEAT_EVERY = 0.5  # s


class FarRanks(threading.Thread):
    """Sends the signs of life of one rank of ``far`` by MPI, or, as rank 0, tells of those that come in.

    All ranks of a training must make one. Where MPI lets only one thread in at a time, nothing is sent, and
    a rank on another computer that hangs shows as steps that no longer come.
    """

    def __init__(self, rank: int, far: Iterable[Beat], tell: Callable[[Beat], None] | None) -> None:
        """``tell`` is for rank 0."""
        from mpi4py import MPI

        super().__init__(name="far ranks", daemon=True)
        self._far = {beat.rank: beat for beat in far}
        self._is_far, self._tell = rank in self._far, tell
        self._line = MPI.COMM_WORLD.Dup()
        self._error = MPI.Exception
        self._may_call = MPI.Query_thread() == MPI.THREAD_MULTIPLE
        self._over = threading.Event()

    def run(self) -> None:
        """Serve until ``end``, or until the line is lost."""
        if not self._may_call or not (self._is_far or self._tell):
            return
        try:
            while not self._over.wait(_BEAT_EVERY):
                self._hear() if self._tell else self._beat()
        except self._error:
            pass  # the training meets the same, and says so

    def _beat(self) -> None:
        sending = self._line.Isend(b"", dest=0)
        while not (sending.Test() or self._over.wait(_BEAT_EVERY)):
            pass

    def _hear(self) -> None:
        assert self._tell is not None
        for rank, beat in self._far.items():
            while self._line.Iprobe(source=rank):
                self._line.Recv(bytearray(), source=rank)
                self._tell(beat)

    def end(self) -> None:
        """End the thread, which must not call MPI at its end."""
        self._over.set()
        self.join()
