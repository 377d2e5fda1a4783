"""Pooling of the largest absolute value; the formula and the shapes are in kernels/cpu/maxabs_pool.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import window_macros


def forward(*, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the pixels y."""
    macros = window_macros(x, y, size, stride, start)
    groups = y.size // macros["V"]
    kernel = function("maxabs_pool", "forward", **types(x.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (x, y, groups))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: Pair,
    stride: Pair,
    start: Pair,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    macros = window_macros(x, y, size, stride, start)
    groups = x.size // macros["V"]
    kernel = function("maxabs_pool", "backward", **types(x.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (x, y, dy, dx, groups, accumulate))
