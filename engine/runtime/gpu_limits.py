"""What a GPU can do at most, as a measure for what kernels do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_COPIED = 1 << 29  # bytes
_SIDE = 8192
_TIMES = 10


def limits() -> dict[str, float]:
    """Return bytes a second that a copy reads and writes, and operations a second of a matrix product.

    The product is one of float16 numbers with float32 sums, as quick on tensor cores as of bfloat16; it is 0
    where CUDA's library for it is not installed.
    """
    import cupy

    found = {"copy": _copy_rate(cupy), "product": _product_rate(cupy)}
    cupy.get_default_memory_pool().free_all_blocks()
    return found


def _copy_rate(cupy: Any) -> float:
    source, target = (cupy.zeros(_COPIED, np.uint8) for _ in range(2))
    return 2 * _COPIED / _seconds(cupy, lambda: cupy.copyto(target, source))


def _product_rate(cupy: Any) -> float:
    rows = np.random.default_rng(0).standard_normal((_SIDE // 16, _SIDE), np.float32).astype(np.float16)
    a, b = (cupy.asarray(np.tile(rows, (16, 1))) for _ in range(2))
    try:
        c = cupy.matmul(a, b)
        seconds = _seconds(cupy, lambda: cupy.matmul(a, b, out=c))
    except (ImportError, RuntimeError):
        return 0.0
    return float(2 * _SIDE**3 / seconds)


def _seconds(cupy: Any, call: Callable[[], object]) -> float:
    """Return the least s of several calls."""
    times = []
    for _ in range(_TIMES):
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(cupy.cuda.get_elapsed_time(start, end) * 1e-3)
    return float(min(times))
