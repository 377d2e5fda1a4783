"""Who works in a run folder: a lock that goes with its process, and a file that names the holder."""

from __future__ import annotations

import os
import platform
import re
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import RunFolderInUseError
from engine.words import Words

_NAMED_WITHIN = 0.5  # s
_HOLDER = re.compile(r"process (?P<pid>\d+) on (?P<computer>.*) since (?P<time>.*)")


class Hold:
    """Holds a run folder in a ``role`` ("engine" or "worker") until ``release``, or the process ends.

    Waits for up to ``patience`` s. Raises RunFolderInUseError naming the holder, or OSError.
    """

    def __init__(self, folder: Path, role: str, patience: float = 0.0) -> None:
        self._lock = FileLock(folder / f"{role}.lock", thread_local=False)
        holder = folder / f"{role}.holder"
        try:
            self._lock.acquire(timeout=patience, poll_interval=0.05)
        except Timeout:
            raise RunFolderInUseError(path=str(folder), holder=_read(holder)) from None
        try:
            since = time.strftime("%Y-%m-%d %H:%M:%S")
            named = f"process {os.getpid()} on {platform.node()} since {since}\n"
            holder.write_text(named, encoding="utf-8")
        except OSError:
            self._lock.release()
            raise

    def release(self) -> None:
        """Let others have the folder."""
        self._lock.release()


def _read(holder: Path) -> Words:
    """Return who holds the folder. One that has begun this very moment is given the time to say so."""
    deadline = time.monotonic() + _NAMED_WITHIN
    while True:
        with suppress(OSError):
            if match := _HOLDER.fullmatch(holder.read_text(encoding="utf-8", errors="replace").strip()):
                return Words("process {pid} on {computer} since {time}", **match.groupdict())
        if time.monotonic() > deadline:
            return Words("another process")
        time.sleep(0.02)
