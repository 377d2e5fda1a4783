"""``python -m engine.worker``: reads what to train from standard input, which is then its lifeline.

With ``--ranks FILE`` it is one of several that a launcher of MPI has started, as in ``mpiexec -n 4 python -m
mpi4py -m engine.worker --ranks FILE``. Rank 0 reads, and hands on what it has read. The first rank to die is
told of in the file.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.errors import ConvNetError, OutOfMemoryError, RankError
from engine.parallel.devices import device_names, gpu_index
from engine.parallel.minder import mind
from engine.protocol.internal import Beat, Ended, WorkerStart
from engine.protocol.problems import describe
from engine.runtime.context import begin_beside
from engine.runtime.lost import is_gpu_full, is_gpu_lost
from engine.worker.engine_link import EngineLink

if TYPE_CHECKING:
    from engine.parallel.team import Team

_LAST_WORD = 1.0  # s that rank 0 has to say the same, before the launcher ends all for the end of one
_GPU_LOST = 4
"""Exit code of a process whose GPU serves it no more; the engine has another go on from the last checkpoint.
"""


def main() -> int:
    """Train; returns the exit code."""
    # What ends this process is the engine's stop or its death, not a key in the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "--ranks" in sys.argv:
        mind(Path(sys.argv[-1]))
        from engine.worker.ranks import join

        team, start, far = join(_read_start)
    else:
        team, start, far = None, _read_start(), []
    rank = 0 if team is None else team.line.rank
    link = EngineLink(start, rank) if rank not in (beat.rank for beat in far) else None
    if link is not None:
        link.start()
    with _far_ranks(rank, far, link):
        ended = _run(start, link, team)
    has_failed = ended is None or ended.outcome == "failed"
    if link is not None:
        link.end(ended if rank == 0 or has_failed else None)
    if has_failed and (rank or ended is None):
        time.sleep(_LAST_WORD)
    return int(has_failed)


@contextmanager
def _far_ranks(rank: int, far: list[Beat], link: EngineLink | None) -> Iterator[None]:
    """Have the engine hear the ranks on other computers, where there are some."""
    if not far:
        yield
        return
    from engine.worker.far_ranks import FarRanks

    ranks = FarRanks(rank, far, link.send if link is not None and rank == 0 else None)
    ranks.start()
    yield
    ranks.end()


def _read_start() -> WorkerStart:
    start = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorkerStart)
    threading.Thread(target=_die_with_engine, name="lifeline", daemon=True).start()
    return start


def _die_with_engine() -> None:
    """Wait for the end of standard input: the engine has gone, and nobody would hear of this training.

    Leaves at once. Everything in the run folder is written so that this does no harm at any moment, and the
    system lets go of the folder's lock.
    """
    # Not through sys.stdin, whose lock would be held at the interpreter's end.
    while os.read(0, 4096):
        pass
    os._exit(3)


def _run(start: WorkerStart, link: EngineLink | None, team: Team | None) -> Ended | None:
    """Train; return how it ended, None where another rank has died, which is for the engine to tell."""
    try:
        _begin_on_gpu(start, 0 if team is None else team.line.rank)
        # The engine hears from this process before NumPy and all else is imported.
        from engine.worker.training import train_in_folder

        return train_in_folder(start, link, team)
    except RankError:
        return None
    except ConvNetError as error:
        return Ended("failed", describe(error))
    except MemoryError:
        return Ended("failed", describe(OutOfMemoryError()))
    except Exception as error:
        traceback.print_exc()  # the engine puts it into the log
        if is_gpu_lost(error):
            os._exit(_GPU_LOST)
        return Ended("failed", describe(OutOfMemoryError() if is_gpu_full(error) else error))


def _begin_on_gpu(start: WorkerStart, rank: int) -> None:
    """Begin to use the GPU of a rank, if that is to train on one, beside all that is imported."""
    devices = device_names(start.site.device)
    index = gpu_index(devices[rank]) if rank < len(devices) else None
    if index is not None:
        begin_beside(index)


if __name__ == "__main__":
    sys.exit(main())
