"""Errors of CUDA: memory that is full can be told, anything else is a GPU that is lost."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from engine.runtime.lost import is_gpu_full, is_gpu_lost


class CudaError(RuntimeError):
    """Stands for CuPy's, with CUDA's number."""

    def __init__(self, status: int) -> None:
        self.status = status


@pytest.fixture
def _cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        runtime=SimpleNamespace(CUDARuntimeError=CudaError), driver=SimpleNamespace(CUDADriverError=CudaError)
    )
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))


@pytest.mark.usefixtures("_cupy")
@pytest.mark.parametrize(
    ("error", "full", "lost"),
    [(CudaError(2), True, False), (CudaError(700), False, True), (RuntimeError(), False, False)],
)
def test_full_and_lost_are_told_apart(error: Exception, full: bool, lost: bool) -> None:
    assert (is_gpu_full(error), is_gpu_lost(error)) == (full, lost)


def test_without_cupy_nothing_is_an_error_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    assert not is_gpu_full(CudaError(2))
    assert not is_gpu_lost(CudaError(700))
