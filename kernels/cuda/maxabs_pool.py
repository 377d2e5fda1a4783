"""Pooling of the largest absolute value; the formula and the shapes are in kernels/cpu/maxabs_pool.py."""

from __future__ import annotations

from typing import Any

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the pixels y."""
    kernel = _kernel("forward", x, y, size=size, stride=stride, start=start)
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))


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
    kernel = _kernel("backward", x, y, size=size, stride=stride, start=start)
    kernel(blocks(x.size), (BLOCK,), (x, y, dy, dx, x.size, accumulate))


def _kernel(name: str, x: DeviceArray, y: DeviceArray, *, size: Pair, stride: Pair, start: Pair) -> Any:
    _, height, width, channels = x.shape
    geometry = {"H": height, "W": width, "C": channels, "P": y.shape[1], "Q": y.shape[2]}
    window = {"ROWS": size[0], "COLUMNS": size[1], "DOWN": stride[0], "RIGHT": stride[1]}
    place = {"TOP": start[0], "LEFT": start[1]}
    return function("maxabs_pool", name, **types(x.dtype), **geometry, **window, **place)
