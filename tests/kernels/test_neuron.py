"""Neurons, against the functions of Python's math and against differences."""

from __future__ import annotations

import cmath
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

A, B = 1.3, 0.7
"""The parameters of neurons that have some."""


def _gelu(x: float) -> float:
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: x if x > 0 else 0.0,
    "leaky_relu": lambda x: x if x > 0 else A * x,
    "brelu": lambda x: min(A, max(0.0, x)),
    "tanh": lambda x: A * math.tanh(B * x),
    "logistic": lambda x: 1 / (1 + math.exp(-x)),
    "softrelu": lambda x: math.log1p(math.exp(x)),
    "sqrt": math.sqrt,
    "log": lambda x: math.log(A + x),
    "linear": lambda x: A * x + B,
    "abs": abs,
    "square": lambda x: x * x,
    "drelu": lambda x: x - A * math.tanh(x / A),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": _gelu,
}


def _complex_step(function: Callable[[complex], complex], x: float) -> float:
    """Return the slope at ``x``, exact to rounding. Source: Squire and Trapp 1998."""
    return function(complex(x, 1e-30)).imag / 1e-30


SLOPES: dict[str, Callable[[float], float]] = {
    "relu": lambda x: 1.0 if x > 0 else 0.0,
    "leaky_relu": lambda x: 1.0 if x > 0 else A,
    "brelu": lambda x: 1.0 if 0 < x < A else 0.0,
    "tanh": lambda x: A * B / math.cosh(B * x) ** 2,
    "logistic": lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
    "softrelu": lambda x: 1 / (1 + math.exp(-x)),
    "sqrt": lambda x: 0.5 / math.sqrt(x),
    "log": lambda x: 1 / (A + x),
    "linear": lambda x: A,
    "abs": lambda x: math.copysign(1.0, x),
    "square": lambda x: 2 * x,
    "drelu": lambda x: math.tanh(x / A) ** 2,
    "silu": lambda x: _complex_step(lambda z: z / (1 + cmath.exp(-z)), x),
    "gelu": lambda x: _complex_step(
        lambda z: z / 2 * (1 + cmath.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))), x
    ),
}

FROM_INPUT = {"abs", "square", "drelu", "silu", "gelu"}


def inputs(neuron: str, shape: tuple[int, ...], dtype: Any = np.float64) -> Array:
    """Return distinct inputs in the domain of a neuron, away from where it has a corner."""
    x = distinct(shape, 1, dtype)
    return np.abs(x) if neuron == "sqrt" else x


SHAPES = [(1, 3, 5, 1), (5, 2, 3, 3), (5, 7), (2, 211, 101)]

every_neuron = pytest.mark.parametrize("neuron", FUNCTIONS)
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, neuron: str, x: Array) -> Array:
    """Return the outputs by the kernel."""
    y = unwritten(x.shape, x.dtype)
    kernels.run("neuron.forward", {"x": x, "y": y}, neuron=neuron, a=A, b=B)
    return y


def backward(
    kernels: Kernels, neuron: str, x: Array, dy: Array, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel, on the inputs or on the outputs of the neuron."""
    if neuron in FROM_INPUT:
        operation, arrays = "neuron.backward_from_input", {"x": x}
    else:
        operation, arrays = "neuron.backward", {"y": forward(kernels, neuron, x)}
    kernels.run(operation, {**arrays, "dy": dy, "dx": dx}, neuron=neuron, a=A, b=B, accumulate=accumulate)


@every_neuron
@every_shape
@every_dtype
def test_outputs_agree_with_the_formula(
    kernels: Kernels, neuron: str, shape: tuple[int, ...], dtype: Any
) -> None:
    """Each output is the function of its input, for arrays that are cut into pieces too."""
    x = inputs(neuron, shape, dtype) if neuron in ("sqrt", "log") else 8 * random(shape, 1, dtype)
    expected = np.array([FUNCTIONS[neuron](float(value)) for value in x.flat]).reshape(shape)
    np.testing.assert_allclose(forward(kernels, neuron, x), expected, **TOLERANCE[dtype])


@every_neuron
@every_shape
@every_dtype
def test_gradient_agrees_with_the_formula(
    kernels: Kernels, neuron: str, shape: tuple[int, ...], dtype: Any
) -> None:
    """Each input gets the slope times its output's gradient; accumulate=True adds."""
    x, dy = inputs(neuron, shape, dtype), random(shape, 2, dtype)
    slopes = np.array([SLOPES[neuron](float(value)) for value in x.flat]).reshape(shape)
    check_accumulates(
        lambda dx, accumulate: backward(kernels, neuron, x, dy, dx, accumulate=accumulate),
        (slopes * dy).astype(dtype),
    )


def check(kernels: Kernels, neuron: str = "tanh", shape: tuple[int, ...] = (5, 2, 3, 3)) -> None:
    """Check the gradient of the inputs, away from 0."""
    x, dy = inputs(neuron, shape), random(shape, 2)
    dx = unwritten(shape)
    backward(kernels, neuron, x, dy, dx)
    check_gradient(lambda x: forward(kernels, neuron, x), x, dy, dx)


@every_neuron
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_gradient_agrees_with_differences(kernels: Kernels, neuron: str, shape: tuple[int, ...]) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, neuron, shape)


@every_neuron
def test_may_work_in_place(kernels: Kernels, neuron: str) -> None:
    """Outputs may overwrite inputs, and gradients of inputs those of outputs."""
    x, dy = inputs(neuron, (5, 2, 3, 3)), random((5, 2, 3, 3), 2)
    y, dx = forward(kernels, neuron, x), unwritten(x.shape)
    backward(kernels, neuron, x, dy, dx)
    backward(kernels, neuron, x, dy, dy)
    np.testing.assert_array_equal(dy, dx)
    kernels.run("neuron.forward", {"x": x, "y": x}, neuron=neuron, a=A, b=B)
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("neuron", ["relu", "tanh", "logistic", "brelu", "softrelu", "silu", "gelu"])
@every_dtype
@pytest.mark.filterwarnings("error")
def test_large_inputs_do_not_overflow(kernels: Kernels, neuron: str, dtype: Any) -> None:
    """Saturated outputs are at their limits, without a warning."""
    limits = {"tanh": (-A, A), "logistic": (0, 1), "brelu": (0, A)}
    y = forward(kernels, neuron, np.array([[-1e4, 1e4]], dtype))
    expected = np.array([limits.get(neuron, (0, 1e4))], dtype)
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e5 * np.finfo(dtype).tiny)
