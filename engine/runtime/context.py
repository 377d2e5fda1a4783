"""What CUDA takes of a GPU's memory for itself, and how a process begins to use it."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache

_lock = threading.Lock()


def context_bytes(index: int) -> int:
    """Let this process begin to use the GPU ``index``; return the bytes that this takes, 0 without NVML."""
    with _lock:
        return _begin(index)


def begin_beside(index: int) -> None:
    """Have a thread begin to use the GPU ``index``, which takes a while, beside what else a start takes.

    What goes wrong is told to whoever uses the GPU then. The thread imports nothing: two that import at once
    may each find half of what the other is at.
    """
    with suppress(ImportError):
        import cupy  # noqa: F401
        import pynvml  # noqa: F401

    def begin() -> None:
        with suppress(Exception):
            context_bytes(index)

    threading.Thread(target=begin, name="GPU", daemon=True).start()


@cache
def _begin(index: int) -> int:
    import cupy

    before = _used_bytes(index)
    with cupy.cuda.Device(index):
        cupy.cuda.runtime.free(0)  # the first call of all makes the context
    after = _used_bytes(index)
    return 0 if before is None or after is None else max(after - before, 0)


def _used_bytes(index: int) -> int | None:
    """Return what is used of a GPU's memory, asked without touching it; None where nobody can tell."""
    try:
        import pynvml

        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(index)).used)
    except ImportError:
        return None
    except pynvml.NVMLError:
        return None
