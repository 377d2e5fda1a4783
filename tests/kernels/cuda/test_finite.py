"""Numbers that are not finite are found in arrays on a GPU."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.control import FIRST_BAD_STEP, STEP
from kernels.cuda._finite import mark
from tests.kernels.batch import counters
from tests.kernels.cuda import nvrtc
from tests.kernels.cuda.launches import noted
from tests.kernels.cuda.test_compiles import assert_compiles


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_bad_step_is_marked_once(dtype: str, value: float) -> None:
    """Wherever the number is; finite numbers of any size mark nothing, and a later step changes nothing."""
    import cupy

    on_gpu = cupy.asarray(counters(3, step=12))
    values = cupy.full(100_000, 1e38, dtype)
    mark(x=values, counters=on_gpu)
    assert on_gpu[FIRST_BAD_STEP] == -1
    values[-1] = value
    mark(x=values, counters=on_gpu)
    on_gpu[STEP] = 13
    mark(x=values, counters=on_gpu)
    assert on_gpu[FIRST_BAD_STEP] == 12


@pytest.mark.skipif(nvrtc.folder() is None, reason="the compiler's wheel is not installed")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_compiles(dtype: str) -> None:
    with noted() as units:
        mark(x=np.zeros(3, dtype), counters=counters(3))
    assert_compiles(units, "sm_75")
