"""Bed of nails; the formula and the shapes are in kernels/cpu/nailbed.py."""

from __future__ import annotations

from typing import Any

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, start: Pair, stride: Pair) -> None:
    """Write the pixels that are kept."""
    kernel = _kernel("forward", x, y, start, stride)
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))


def backward(
    *, dy: DeviceArray, dx: DeviceArray, start: Pair, stride: Pair, accumulate: bool = False
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    kernel = _kernel("backward", dx, dy, start, stride)
    kernel(blocks(dx.size), (BLOCK,), (dy, dx, dx.size, accumulate))


def _kernel(name: str, pictures: DeviceArray, kept: DeviceArray, start: Pair, stride: Pair) -> Any:
    _, height, width, channels = pictures.shape
    nails = {"TOP": start[0], "LEFT": start[1], "DOWN": stride[0], "RIGHT": stride[1]}
    geometry = {"H": height, "W": width, "C": channels, "P": kept.shape[1], "Q": kept.shape[2]}
    return function("nailbed", name, **types(pictures.dtype), **geometry, **nails)
