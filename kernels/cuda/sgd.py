"""Stochastic gradient descent; the formula and the shapes are in kernels/cpu/sgd.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address, pack


def update(
    *,
    weights: DeviceArray,
    gradient: DeviceArray,
    velocity: DeviceArray,
    counters: DeviceArray,
    settings: DeviceArray,
    slot: int,
    copy: DeviceArray | None = None,
) -> None:
    """Update weights and velocity in place by row ``slot`` of the settings, and write the ``copy``."""
    width = pack(weights, weights.size)
    stored = weights if copy is None else copy
    kernel = function("sgd", "update", **types(stored.dtype), V=width)
    groups = weights.size // width
    arrays = (weights, gradient, velocity, address(copy), counters, settings)
    kernel(blocks(groups), (BLOCK,), (*arrays, slot, groups))
