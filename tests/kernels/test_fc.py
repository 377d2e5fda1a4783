"""Fully connected layers, against plain loops and against differences."""

from __future__ import annotations

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

SHAPES = [((1, 3, 2, 1), 4), ((5, 2, 3, 3), 2), ((5, 7), 3), ((1, 1), 1)]

every_shape = pytest.mark.parametrize(("inputs", "outputs"), SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def width(inputs: tuple[int, ...]) -> int:
    """Return how many numbers one example has."""
    return int(np.prod(inputs[1:]))


def forward(kernels: Kernels, x: Array, weights: Array, biases: Array) -> Array:
    """Return the outputs by the kernel."""
    y = unwritten((len(x), len(weights)), x.dtype)
    kernels.run("fc.forward", {"x": x, "weights": weights, "biases": biases, "y": y})
    return y


def backward_data(
    kernels: Kernels, dy: Array, weights: Array, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    kernels.run("fc.backward_data", {"dy": dy, "weights": weights, "dx": dx}, accumulate=accumulate)


def backward_weights(
    kernels: Kernels, x: Array, dy: Array, dweights: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    kernels.run("fc.backward_weights", {"x": x, "dy": dy, "dweights": dweights}, accumulate=accumulate)


@every_shape
@every_dtype
def test_outputs_agree_with_plain_loops(
    kernels: Kernels, inputs: tuple[int, ...], outputs: int, dtype: Any
) -> None:
    """Each output is its bias plus the sum over all inputs, taken in the order (H, W, C)."""
    x, weights = random(inputs, 1, dtype), random((outputs, width(inputs)), 2, dtype)
    biases = random((outputs,), 3, dtype)
    expected = np.empty((inputs[0], outputs))
    expected[...] = biases
    for n, o in np.ndindex(expected.shape):
        for i, place in enumerate(np.ndindex(inputs[1:])):
            expected[n, o] += float(x[(n, *place)]) * float(weights[o, i])
    np.testing.assert_allclose(forward(kernels, x, weights, biases), expected, **TOLERANCE[dtype])


@every_shape
@every_dtype
def test_gradient_of_inputs_agrees_with_plain_loops(
    kernels: Kernels, inputs: tuple[int, ...], outputs: int, dtype: Any
) -> None:
    """Each input gets the gradients of all outputs, weighted; accumulate=True adds."""
    dy, weights = random((inputs[0], outputs), 1, dtype), random((outputs, width(inputs)), 2, dtype)
    expected = np.zeros(inputs)
    for n, o in np.ndindex(dy.shape):
        for i, place in enumerate(np.ndindex(inputs[1:])):
            expected[(n, *place)] += float(dy[n, o]) * float(weights[o, i])
    check_accumulates(
        lambda dx, accumulate: backward_data(kernels, dy, weights, dx, accumulate=accumulate),
        expected.astype(dtype),
    )


@every_shape
@every_dtype
def test_gradient_of_weights_agrees_with_plain_loops(
    kernels: Kernels, inputs: tuple[int, ...], outputs: int, dtype: Any
) -> None:
    """Each weight gets its input times its output's gradient, summed over the batch; accumulate=True adds."""
    x, dy = random(inputs, 1, dtype), random((inputs[0], outputs), 2, dtype)
    expected = np.zeros((outputs, width(inputs)))
    for n, o in np.ndindex(dy.shape):
        for i, place in enumerate(np.ndindex(inputs[1:])):
            expected[o, i] += float(dy[n, o]) * float(x[(n, *place)])
    check_accumulates(
        lambda dweights, accumulate: backward_weights(kernels, x, dy, dweights, accumulate=accumulate),
        expected.astype(dtype),
    )


def check_data(kernels: Kernels, inputs: tuple[int, ...] = (5, 2, 3, 3), outputs: int = 2) -> None:
    """Check the gradient of the inputs."""
    x, weights, dy = random(inputs, 1), random((outputs, width(inputs)), 2), random((inputs[0], outputs), 3)
    dx = unwritten(inputs)
    backward_data(kernels, dy, weights, dx)
    check_gradient(lambda x: forward(kernels, x, weights, np.zeros(outputs)), x, dy, dx)


def check_weights(kernels: Kernels, inputs: tuple[int, ...] = (5, 2, 3, 3), outputs: int = 2) -> None:
    """Check the gradient of the weights."""
    x, weights, dy = random(inputs, 1), random((outputs, width(inputs)), 2), random((inputs[0], outputs), 3)
    dweights = unwritten(weights.shape)
    backward_weights(kernels, x, dy, dweights)
    check_gradient(lambda weights: forward(kernels, x, weights, np.zeros(outputs)), weights, dy, dweights)


@every_shape
def test_gradients_agree_with_differences(kernels: Kernels, inputs: tuple[int, ...], outputs: int) -> None:
    """Both gradients are those of the forward kernel."""
    check_data(kernels, inputs, outputs)
    check_weights(kernels, inputs, outputs)


def test_large_weights_accumulate_whole(kernels: Kernels) -> None:
    """Adding to a gradient that is cut into pieces reaches all its rows."""
    x, dy = random((2, 1 << 14), 1), random((2, 37), 2)
    check_accumulates(
        lambda dweights, accumulate: backward_weights(kernels, x, dy, dweights, accumulate=accumulate),
        dy[0][:, np.newaxis] * x[0] + dy[1][:, np.newaxis] * x[1],
    )
