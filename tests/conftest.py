"""Hypothesis draws the same examples in every run; ``--hypothesis-profile=explore`` draws new ones.

Tests with the marker ``gpu`` are skipped where there is no GPU, or no CuPy.
"""

from __future__ import annotations

import gc
import os
from functools import cache
from importlib.util import find_spec

import pytest
import threadpoolctl
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the thousands of tests, which stay until the end.

    And let test processes share out the cores: threads of a BLAS that have none of their own wait busily.
    """
    gc.collect()
    gc.freeze()
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    threadpoolctl.threadpool_limits(max(1, (os.cpu_count() or 1) // processes), "blas")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU that is not there."""
    if item.get_closest_marker("gpu") is not None and not _has_gpu():
        pytest.skip("needs an NVIDIA GPU")


@cache
def _has_gpu() -> bool:
    if find_spec("cupy") is None:
        return False
    import cupy

    try:
        return bool(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError:
        return False
