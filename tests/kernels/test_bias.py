"""The gradient of biases, against plain loops and against differences."""

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


def backward(kernels: Kernels, dy: Array, dbiases: Array, *, accumulate: bool = False) -> None:
    """Run the kernel."""
    kernels.run("bias.backward", {"dy": dy, "dbiases": dbiases}, accumulate=accumulate)


@pytest.mark.parametrize("shape", [(5, 3, 4, 3), (1, 2, 5, 1), (5, 7), (1, 1)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_agrees_with_plain_loops(kernels: Kernels, shape: tuple[int, ...], dtype: Any) -> None:
    """Each bias gets the sum over all axes but the last; accumulate=True adds."""
    dy = random(shape, 1, dtype)
    expected = np.zeros(shape[-1])
    for place in np.ndindex(shape):
        expected[place[-1]] += float(dy[place])
    check_accumulates(
        lambda dbiases, accumulate: backward(kernels, dy, dbiases, accumulate=accumulate),
        expected.astype(dtype),
    )


def test_biases_of_each_place_get_the_sum_over_the_batch(kernels: Kernels) -> None:
    """Biases (P·Q, F) are not summed over places."""
    dy = random((5, 3, 4, 2), 1)
    dbiases = unwritten((12, 2))
    backward(kernels, dy, dbiases)
    np.testing.assert_allclose(dbiases, sum(dy[n].reshape(12, 2) for n in range(5)), rtol=1e-12)


def check(kernels: Kernels) -> None:
    """Check the gradient of the biases, through a convolution of one pixel and one channel."""
    x, weights, dy = random((5, 3, 4, 1), 1), random((2, 1, 1, 1), 2), random((5, 3, 4, 2), 3)

    def maps(biases: Array) -> Array:
        y = unwritten(dy.shape)
        arrays = {"x": x, "weights": weights, "biases": biases, "y": y}
        kernels.run("conv.forward", arrays, stride=(1, 1), padding=(0, 0))
        return y

    dbiases = unwritten((2,))
    backward(kernels, dy, dbiases)
    check_gradient(maps, random((2,), 4), dy, dbiases)


def test_gradient_agrees_with_differences(kernels: Kernels) -> None:
    """The gradient is that of the biases of the forward kernel."""
    check(kernels)


def test_many_rows_are_summed_exactly_enough(kernels: Kernels) -> None:
    """A float32 sum over 131,072 places stays within the tolerance of the float64 sum."""
    dy = np.random.default_rng(1).uniform(0, 1, (128, 32, 32, 3)).astype(np.float32)
    dbiases = unwritten((3,), np.float32)
    backward(kernels, dy, dbiases)
    expected = dy.astype(np.float64).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(dbiases, expected, rtol=TOLERANCE[np.float32]["rtol"])
