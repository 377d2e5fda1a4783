"""Softmax, against Python's math and against differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    random,
    unwritten,
)

SHAPES = [(1, 3), (5, 10), (3, 1)]

every_shape = pytest.mark.parametrize("shape", SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, x: Array) -> Array:
    """Return the probabilities by the kernel."""
    y = unwritten(x.shape, x.dtype)
    kernels.run("softmax.forward", {"x": x, "y": y})
    return y


def backward(kernels: Kernels, y: Array, dy: Array, dx: Array, *, accumulate: bool = False) -> None:
    """Run the kernel."""
    kernels.run("softmax.backward", {"y": y, "dy": dy, "dx": dx}, accumulate=accumulate)


def probabilities(x: Array) -> Array:
    """Return the probabilities by plain loops."""
    y = np.empty(x.shape)
    for n, k in np.ndindex(x.shape):
        y[n, k] = math.exp(x[n, k]) / sum(math.exp(value) for value in x[n])
    return y


@every_shape
@every_dtype
def test_probabilities_agree_with_plain_loops(kernels: Kernels, shape: tuple[int, int], dtype: Any) -> None:
    """Each row is e^x divided by its sum."""
    x = 5 * random(shape, 1, dtype)
    np.testing.assert_allclose(forward(kernels, x), probabilities(x), **TOLERANCE[dtype])


@every_shape
@every_dtype
def test_gradient_agrees_with_plain_loops(kernels: Kernels, shape: tuple[int, int], dtype: Any) -> None:
    """Each row's gradient is Jacobian times dy, entry by entry; accumulate=True adds."""
    y, dy = probabilities(random(shape, 1)).astype(dtype), random(shape, 2, dtype)
    expected = np.zeros(shape)
    for n, k in np.ndindex(shape):
        for j in range(shape[1]):
            expected[n, k] += float(dy[n, j]) * float(y[n, j]) * ((j == k) - float(y[n, k]))
    check_accumulates(
        lambda dx, accumulate: backward(kernels, y, dy, dx, accumulate=accumulate), expected.astype(dtype)
    )


def check(kernels: Kernels, shape: tuple[int, int] = (5, 10)) -> None:
    """Check the gradient of the inputs."""
    x, dy, dx = random(shape, 1), random(shape, 2), unwritten(shape)
    backward(kernels, forward(kernels, x), dy, dx)
    check_gradient(lambda x: forward(kernels, x), x, dy, dx)


@every_shape
def test_gradient_agrees_with_differences(kernels: Kernels, shape: tuple[int, int]) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, shape)


@every_dtype
@pytest.mark.filterwarnings("error")
def test_large_inputs_do_not_overflow(kernels: Kernels, dtype: Any) -> None:
    """Only differences of inputs matter."""
    y = forward(kernels, np.array([[1e4, 1e4, -1e4], [-1e4, 1e4, 0]], dtype))
    np.testing.assert_array_equal(y, np.array([[0.5, 0.5, 0], [0, 1, 0]], dtype))


def test_may_work_in_place(kernels: Kernels) -> None:
    """Probabilities may overwrite inputs, and gradients of inputs those of outputs."""
    x, dy, dx = random((5, 10), 1), random((5, 10), 2), unwritten((5, 10))
    y = forward(kernels, x)
    backward(kernels, y, dy, dx)
    kernels.run("softmax.forward", {"x": x, "y": x})
    np.testing.assert_array_equal(x, y)
    backward(kernels, y, dy, dy)
    np.testing.assert_array_equal(dy, dx)
