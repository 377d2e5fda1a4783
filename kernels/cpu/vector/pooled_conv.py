"""Gradients of a convolution behind a ReLU and max pooling; what they are, kernels/cpu/pooled_conv.py says.

The gradient of a group's maps is there for as long as the group is, and never leaves a core's cache.
"""

from __future__ import annotations

from dataclasses import replace

from kernels.arrays import Pair, Shape
from kernels.cpu.vector import bias, conv, max_pool, neuron
from kernels.cpu.vector.compose import Part, compose
from kernels.cpu.vector.generated import Generated
from kernels.cpu.vector.target import Target


def backward_weights(
    shapes: dict[str, Shape],
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> Generated | None:
    """Return the kernel that writes the gradients of the filters and of the biases."""
    maps, pooled = shapes["y"], shapes["z"]
    pool = max_pool.backward(
        {"x": maps, "y": pooled, "dy": pooled, "dx": maps},
        target,
        size=pool_size,
        stride=pool_stride,
        start=pool_start,
    )
    relu = neuron.backward({"y": maps, "dy": maps, "dx": maps}, target, neuron="relu")
    filters = conv.backward_weights(
        {"x": shapes["x"], "dy": maps, "dweights": shapes["dweights"]},
        replace(target, method="direct"),
        stride=stride,
        padding=padding,
    )
    biases = bias.backward({"dy": maps, "dbiases": shapes["dbiases"]}, target)
    if relu is None or filters is None:
        return None
    return compose(
        ("x", "y", "z", "dz", "dweights", "dbiases"),
        [
            Part(pool, {"x": "y", "y": "z", "dy": "dz", "dx": "dy"}),
            Part(relu, {"y": "y", "dy": "dy", "dx": "dy"}),
            Part(filters, {"x": "x", "dy": "dy", "dweights": "dweights"}),
            Part(biases, {"dy": "dy", "dbiases": "dbiases"}),
        ],
        hidden={"dy": maps},
    )
