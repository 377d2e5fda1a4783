"""What CUDA takes of a GPU's memory for itself."""

from __future__ import annotations

from functools import cache


@cache
def context_bytes(index: int) -> int:
    """Let this process begin to use the GPU ``index``; return the bytes that this takes, 0 without NVML."""
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
