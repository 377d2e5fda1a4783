"""What can be known of another process."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

from engine.words import Words


def start_time(pid: int) -> float:
    """Return when a process was started, s since 1970-01-01 UTC."""
    import psutil

    return float(psutil.Process(pid).create_time())


def is_alive(pid: int, started: float) -> bool:
    """Whether the process ``pid`` that was ``started`` at that time is still there."""
    import psutil

    try:
        process = psutil.Process(pid)
        # The clock may have been set since; a number is not used again within seconds.
        is_same = abs(process.create_time() - started) < 2.0
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, of threads that have ended too; to the nanosecond on Linux."""
    import psutil

    try:
        return time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid(3) gives
    except (AttributeError, OSError):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)


def kill(pid: int, started: float) -> None:
    """End the process ``pid`` that was ``started`` at that time by force, if it is there and ours."""
    import psutil

    if is_alive(pid, started):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            psutil.Process(pid).kill()


def exit_reason(return_code: int) -> Words:
    """Say how a child process ended: ``return_code`` as subprocess gives it."""
    if return_code >= 0:
        return Words("exit code {code}", code=return_code)
    try:
        name = signal.Signals(-return_code).name
    except ValueError:
        return Words("killed by signal {number}", number=-return_code)
    return Words("killed by signal {number} ({name})", number=-return_code, name=name)
