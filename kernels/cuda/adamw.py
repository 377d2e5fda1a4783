"""AdamW; the formula and the shapes are in kernels/cpu/adamw.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address


def update(
    *,
    weights: DeviceArray,
    gradient: DeviceArray,
    means: DeviceArray,
    squares: DeviceArray,
    counters: DeviceArray,
    settings: DeviceArray,
    slot: int,
    second_momentum: float,
    epsilon: float,
    copy: DeviceArray | None = None,
) -> None:
    """Update weights and their means in place by row ``slot`` of the settings, and write the ``copy``."""
    stored = weights if copy is None else copy
    kernel = function("adamw", "update", **types(stored.dtype))
    arrays = (weights, gradient, means, squares, address(copy), counters, settings)
    numbers = (slot, float(second_momentum), float(epsilon), weights.size)
    kernel(blocks(weights.size), (BLOCK,), (*arrays, *numbers))
