"""Neurons, against the functions of Python's math and against differences."""

from __future__ import annotations

import math
from collections.abc import Callable
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
    distinct,
    random,
    unwritten,
)

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: x if x > 0 else 0.0,
    "tanh": math.tanh,
    "logistic": lambda x: 1 / (1 + math.exp(-x)),
}

SLOPES: dict[str, Callable[[float], float]] = {
    "relu": lambda x: 1.0 if x > 0 else 0.0,
    "tanh": lambda x: 1 / math.cosh(x) ** 2,
    "logistic": lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
}

SHAPES = [(1, 3, 5, 1), (5, 2, 3, 3), (5, 7), (2, 211, 101)]

every_neuron = pytest.mark.parametrize("neuron", FUNCTIONS)
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, neuron: str, x: Array) -> Array:
    """Return the outputs by the kernel."""
    y = unwritten(x.shape, x.dtype)
    kernels.run("neuron.forward", {"x": x, "y": y}, neuron=neuron)
    return y


def backward(
    kernels: Kernels, neuron: str, y: Array, dy: Array, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    kernels.run("neuron.backward", {"y": y, "dy": dy, "dx": dx}, neuron=neuron, accumulate=accumulate)


@every_neuron
@every_shape
@every_dtype
def test_outputs_agree_with_the_formula(
    kernels: Kernels, neuron: str, shape: tuple[int, ...], dtype: Any
) -> None:
    """Each output is the function of its input, for arrays that are cut into pieces too."""
    x = 8 * random(shape, 1, dtype)
    expected = np.array([FUNCTIONS[neuron](float(value)) for value in x.flat]).reshape(shape)
    np.testing.assert_allclose(forward(kernels, neuron, x), expected, **TOLERANCE[dtype])


@every_neuron
@every_shape
@every_dtype
def test_gradient_agrees_with_the_formula(
    kernels: Kernels, neuron: str, shape: tuple[int, ...], dtype: Any
) -> None:
    """Each input gets the slope times its output's gradient; accumulate=True adds."""
    x, dy = distinct(shape, 1, dtype), random(shape, 2, dtype)
    slopes = np.array([SLOPES[neuron](float(value)) for value in x.flat]).reshape(shape)
    y = forward(kernels, neuron, x)
    check_accumulates(
        lambda dx, accumulate: backward(kernels, neuron, y, dy, dx, accumulate=accumulate),
        (slopes * dy).astype(dtype),
    )


def check(kernels: Kernels, neuron: str = "tanh", shape: tuple[int, ...] = (5, 2, 3, 3)) -> None:
    """Check the gradient of the inputs, away from 0."""
    x, dy = distinct(shape, 1), random(shape, 2)
    dx = unwritten(shape)
    backward(kernels, neuron, forward(kernels, neuron, x), dy, dx)
    check_gradient(lambda x: forward(kernels, neuron, x), x, dy, dx)


@every_neuron
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_gradient_agrees_with_differences(kernels: Kernels, neuron: str, shape: tuple[int, ...]) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, neuron, shape)


@every_neuron
def test_may_work_in_place(kernels: Kernels, neuron: str) -> None:
    """Outputs may overwrite inputs, and gradients of inputs those of outputs."""
    x, dy = distinct((5, 2, 3, 3), 1), random((5, 2, 3, 3), 2)
    y, dx = forward(kernels, neuron, x), unwritten(x.shape)
    backward(kernels, neuron, y, dy, dx)
    kernels.run("neuron.forward", {"x": x, "y": x}, neuron=neuron)
    np.testing.assert_array_equal(x, y)
    backward(kernels, neuron, y, dy, dy)
    np.testing.assert_array_equal(dy, dx)


@every_neuron
@every_dtype
@pytest.mark.filterwarnings("error")
def test_large_inputs_do_not_overflow(kernels: Kernels, neuron: str, dtype: Any) -> None:
    """Saturated outputs are at their limits, without a warning."""
    limits = {"relu": (0, 1e4), "tanh": (-1, 1), "logistic": (0, 1)}
    y = forward(kernels, neuron, np.array([[-1e4, 1e4]], dtype))
    np.testing.assert_allclose(y, np.array([limits[neuron]]), rtol=0, atol=2 * np.finfo(dtype).tiny)
