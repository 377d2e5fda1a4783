"""Has each rank minded by a process of its own, which leaves word of its death before its launcher knows.

A launcher of MPI ends all ranks within milliseconds of the death of one, and what it then says is not to be
trusted. So the process that it starts only forks, and waits for its child, the rank. The rank's death is not
seen from outside before that process ends too, and it first writes a file that only the first can write.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import msgspec

_RANK = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
"""Where launchers tell a process its rank."""

_PR_SET_PDEATHSIG = 1


class Death(msgspec.Struct, frozen=True):
    """A rank that ended otherwise than well; ``return_code`` as subprocess gives it."""

    rank: int
    pid: int
    return_code: int


def mind(first_death: Path) -> None:
    """Return in a child of this process alone; where that ends ill, the first writes it to ``first_death``.

    To be called before there are threads, and before MPI is begun. Where processes cannot fork it does
    nothing, and the launcher's word has to do.
    """
    if not hasattr(os, "fork"):
        return
    minder, pid = os.getpid(), os.fork()
    if pid == 0:
        _end_with(minder)
        return
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    rank = next((os.environ[name] for name in _RANK if name in os.environ), None)
    if code and rank is not None:
        _write(first_death, Death(int(rank), pid, code))
    os._exit(code if code >= 0 else 128 - code)


def _end_with(minder: int) -> None:
    """Have this process killed at the minder's death: a launcher knows of that one only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != minder:
            os._exit(1)


def _write(path: Path, death: Death) -> None:
    """Write the file unless it is there; it is whole as soon as it is."""
    own = path.with_name(f"{path.name}.{death.rank}")
    try:
        own.write_bytes(msgspec.json.encode(death))
        os.link(own, path)
    except OSError:
        pass  # another was first, or the disk is full; the launcher's end tells that all have ended
    finally:
        own.unlink(missing_ok=True)


def read(first_death: Path) -> Death | None:
    """Return the death that came first; None where none was told of."""
    try:
        return msgspec.json.decode(first_death.read_bytes(), type=Death)
    except (OSError, msgspec.DecodeError):
        return None
