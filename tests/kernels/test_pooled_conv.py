"""The gradients of a convolution through ReLU and max pooling, in one, against differences."""

from __future__ import annotations

from tests.kernels.gradient_check import (
    Array,
    Kernels,
    check_gradient,
    distinct,
    random,
    skip_unless_there,
    unwritten,
)

POOL = {"size": (2, 3), "stride": (2, 2), "start": (0, -1)}
CONV = {"stride": (1, 2), "padding": (1, 0)}


def _forward(kernels: Kernels, x: Array, weights: Array, biases: Array) -> tuple[Array, Array]:
    """Return the maps after the ReLU, (3, 5, 3, 2), and the pooled maps, (3, 3, 2, 2)."""
    y, z = unwritten((3, 5, 3, 2)), unwritten((3, 3, 2, 2))
    kernels.run("conv.forward", {"x": x, "weights": weights, "biases": biases, "y": y}, **CONV)
    kernels.run("neuron.forward", {"x": y, "y": y}, neuron="relu")
    kernels.run("max_pool.forward", {"x": y, "y": z}, **POOL)
    return y, z


def check(kernels: Kernels) -> None:
    """Check both gradients, of the filters and of the biases."""
    skip_unless_there("pooled_conv.backward_weights", kernels.device)
    x, weights, biases = distinct((3, 5, 6, 2), 1), random((2, 3, 2, 2), 2), random((2,), 3)
    dz = random((3, 3, 2, 2), 4)
    y, z = _forward(kernels, x, weights, biases)
    dweights, dbiases = unwritten(weights.shape), unwritten(biases.shape)
    arrays = {"dweights": dweights, "dbiases": dbiases, "x": x, "y": y, "z": z, "dz": dz}
    told = {f"pool_{name}": value for name, value in POOL.items()}
    kernels.run("pooled_conv.backward_weights", arrays, **CONV, **told)
    check_gradient(lambda weights: _forward(kernels, x, weights, biases)[1], weights, dz, dweights)
    check_gradient(lambda biases: _forward(kernels, x, weights, biases)[1], biases, dz, dbiases)


def test_gradients_agree_with_differences(kernels: Kernels) -> None:
    """Both gradients are those of the three forward kernels."""
    check(kernels)
