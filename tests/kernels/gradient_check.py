"""What all tests of kernels share: running a kernel on a device, and checking its gradient.

Tests speak NumPy only: ``Kernels.run`` moves arrays to a device and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kernels.registry import find, operations
from tests.kernels import on_gpu

Array = np.ndarray[Any, np.dtype[Any]]

TOLERANCE = {np.float32: {"rtol": 2e-5, "atol": 2e-5}, np.float64: {"rtol": 1e-12, "atol": 1e-12}}
"""Agreement with an oracle that computes in float64, for values near 1."""

DTYPES = tuple(TOLERANCE)

STEP = 1e-6
GRADIENT_TOLERANCE = {"rtol": 1e-6, "atol": 1e-7}
"""Agreement of a float64 gradient with central differences of step STEP."""


@dataclass(frozen=True)
class Kernels:
    """The kernels of one device; the output of ``faulty`` is spoiled by ``fault``."""

    device: str
    faulty: str = ""
    fault: Callable[[Array], Array] = np.negative

    def run(self, operation: str, arrays: dict[str, Array], **attributes: Any) -> None:
        """Run ``operation`` on ``arrays``, in which it writes its outputs. Scratch arrays begin as NaN."""
        kernel = find(operation, self.device)
        scratch = {}
        if kernel.workspace:
            shapes = {name: array.shape for name, array in arrays.items()}
            dtype = arrays["dy" if "dy" in arrays else "x"].dtype
            wanted = kernel.workspace(shapes, **attributes)
            scratch = {name: np.full(shape, np.nan, dtype) for name, shape in wanted.items()}
        if self.device == "cuda":
            on_gpu.call(kernel.function, arrays | scratch, attributes)
        else:
            kernel.function(**arrays, **scratch, **attributes)
        if operation == self.faulty:
            kept = ("dy", "denominators")
            gradient = next(a for name, a in arrays.items() if name.startswith("d") and name not in kept)
            gradient[...] = self.fault(gradient)


def skip_unless_there(operation: str, device: str) -> None:
    """Skip a test of a kernel that a device kind has not."""
    if operation not in operations(device):
        pytest.skip(f"{device} has no {operation}")


def unwritten(shape: tuple[int, ...], dtype: Any = np.float64) -> Array:
    """Return an output array in which what a kernel forgets to write shows."""
    return np.full(shape, np.nan, dtype)


def random(shape: tuple[int, ...], seed: int = 0, dtype: Any = np.float64) -> Array:
    """Return numbers from −1 to 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype)


def distinct(shape: tuple[int, ...], seed: int = 0, dtype: Any = np.float64) -> Array:
    """Return numbers from −1 to 1 of which no two are equal, and none is near 0."""
    count = int(np.prod(shape))
    values = (2 * np.random.default_rng(seed).permutation(count) + 1) / count - 1
    return (values + np.where(values < 0, -0.1, 0.1)).reshape(shape).astype(dtype)


def numerical_gradient(function: Callable[[Array], Array], at: Array, dy: Array) -> Array:
    """Return the gradient of Σ dy · function(x) at x = ``at``, by central differences."""
    gradient = np.empty_like(at)
    for place in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[place] += STEP
        below[place] -= STEP
        gradient[place] = ((function(above) - function(below)) * dy).sum() / (2 * STEP)
    return gradient


def check_gradient(function: Callable[[Array], Array], at: Array, dy: Array, gradient: Array) -> None:
    """Assert that ``gradient`` is that of Σ dy · function(x) at x = ``at``, all in float64."""
    np.testing.assert_allclose(gradient, numerical_gradient(function, at, dy), **GRADIENT_TOLERANCE)


def check_accumulates(run: Callable[[Array, bool], None], gradient: Array) -> None:
    """Assert that ``run(output, accumulate)`` overwrites the output, or adds ``gradient`` to it."""
    tolerance = TOLERANCE[gradient.dtype.type]
    before = random(gradient.shape, seed=99, dtype=gradient.dtype)
    output = before.copy()
    run(output, False)
    np.testing.assert_allclose(output, gradient, **tolerance)
    output[...] = before
    run(output, True)
    np.testing.assert_allclose(output, before + gradient, **tolerance)
