"""Convolution, ReLU and max pooling in one, and its gradients: against three kernels, and differences."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.gradient_check import (
    Array,
    Kernels,
    check_gradient,
    distinct,
    random,
    unwritten,
)

POOL = {"size": (2, 3), "stride": (2, 2), "start": (0, -1)}
CONV = {"stride": (1, 2), "padding": (1, 0)}
MAPS = (5, 3)
TOGETHER = CONV | {"maps": MAPS} | {f"pool_{name}": value for name, value in POOL.items()}
X, WEIGHTS, BIASES = distinct((3, 5, 6, 2), 1), random((2, 3, 2, 2), 2), random((2,), 3)


def _forward(kernels: Kernels, weights: Array, biases: Array) -> tuple[Array, Array]:
    """Return the pooled maps and their winners, (3, 3, 2, 2)."""
    z, winners = unwritten((3, 3, 2, 2)), np.full((3, 3, 2, 2), -1, np.int32)
    arrays = {"x": X, "weights": weights, "biases": biases, "z": z, "winners": winners}
    kernels.run("pooled_conv.forward", arrays, **TOGETHER)
    return z, winners


def skip_but_on_cpu(kernels: Kernels) -> None:
    """Skip where there are kernels for bfloat16 alone."""
    if kernels.device != "cpu":
        pytest.skip("for bfloat16 alone: see tests/kernels/cuda/test_pooled_conv.py")


def check(kernels: Kernels) -> None:
    """Check both gradients, of the filters and of the biases."""
    skip_but_on_cpu(kernels)
    _, winners = _forward(kernels, WEIGHTS, BIASES)
    dz = random(winners.shape, 4)
    dweights, dbiases = unwritten(WEIGHTS.shape), unwritten(BIASES.shape)
    arrays = {"dweights": dweights, "dbiases": dbiases, "x": X, "winners": winners, "dz": dz}
    kernels.run("pooled_conv.backward_weights", arrays, **TOGETHER)
    check_gradient(lambda weights: _forward(kernels, weights, BIASES)[0], WEIGHTS, dz, dweights)
    check_gradient(lambda biases: _forward(kernels, WEIGHTS, biases)[0], BIASES, dz, dbiases)


def test_gradients_agree_with_differences(kernels: Kernels) -> None:
    """Both gradients are those of the forward kernel."""
    check(kernels)


def test_pooled_maps_and_winners_are_those_of_the_maps(kernels: Kernels) -> None:
    """Pooled maps are those of the three kernels; a winner's bits are the pixels equal to its maximum."""
    skip_but_on_cpu(kernels)
    y, expected = unwritten((3, *MAPS, 2)), unwritten((3, 3, 2, 2))
    kernels.run("conv.forward", {"x": X, "weights": WEIGHTS, "biases": BIASES, "y": y}, **CONV)
    kernels.run("neuron.forward", {"x": y, "y": y}, neuron="relu")
    kernels.run("max_pool.forward", {"x": y, "y": expected}, **POOL)
    z, winners = _forward(kernels, WEIGHTS, BIASES)
    np.testing.assert_array_equal(z, expected)
    for n, p, q, f in np.ndindex(winners.shape):
        bits = 0
        for i, j in np.ndindex(2, 3):
            row, column = p * 2 + i, q * 2 + j - 1
            if row < MAPS[0] and 0 <= column < MAPS[1] and y[n, row, column, f] == z[n, p, q, f] > 0:
                bits |= 1 << (i * 3 + j)
        assert winners[n, p, q, f] == bits
