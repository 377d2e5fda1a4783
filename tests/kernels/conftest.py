"""Every test of a kernel runs on each device kind that has kernels."""

from __future__ import annotations

import pytest

from tests.kernels.gradient_check import Kernels


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """A device kind."""
    return str(request.param)


@pytest.fixture
def kernels(device: str) -> Kernels:
    """The kernels of that device kind."""
    return Kernels(device)
