"""Tells errors after which a GPU serves this process no more."""

from __future__ import annotations

import sys


def is_gpu_lost(error: BaseException) -> bool:
    """Whether CUDA refused something that it does not refuse in health; memory that is full is not that.

    An error of a kernel stays with its context: each further call fails, and only a new process begins anew.
    """
    cupy = sys.modules.get("cupy")
    if cupy is None:
        return False
    kinds = (cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError)
    return isinstance(error, kinds)
