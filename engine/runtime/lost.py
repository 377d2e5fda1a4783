"""Tells what an error of CUDA means for a training."""

from __future__ import annotations

import sys

_OUT_OF_MEMORY = 2  # cudaErrorMemoryAllocation and CUDA_ERROR_OUT_OF_MEMORY


def is_gpu_full(error: BaseException) -> bool:
    """Whether a GPU refused memory that CUDA itself asked for."""
    return _is_of_cuda(error) and getattr(error, "status", None) == _OUT_OF_MEMORY


def is_gpu_lost(error: BaseException) -> bool:
    """Whether a GPU serves this process no more.

    An error of a kernel stays with its context: each further call fails, and only a new process begins anew.
    """
    return _is_of_cuda(error) and not is_gpu_full(error)


def _is_of_cuda(error: BaseException) -> bool:
    cupy = sys.modules.get("cupy")
    if cupy is None:
        return False
    kinds = (cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError)
    return isinstance(error, kinds)
