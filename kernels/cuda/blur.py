"""Gaussian blur of each map; the formula and the shapes are in kernels/cpu/blur.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, size: int, deviation: float) -> None:
    """Write the blurred pictures y."""
    _blur(x, y, size, deviation, accumulate=False)


def backward(
    *, dy: DeviceArray, dx: DeviceArray, size: int, deviation: float, accumulate: bool = False
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    _blur(dy, dx, size, deviation, accumulate=accumulate)


def _blur(source: DeviceArray, target: DeviceArray, size: int, deviation: float, *, accumulate: bool) -> None:
    _, height, width, channels = source.shape
    kernel = function("blur", "blur", **types(source.dtype), H=height, W=width, C=channels, SIZE=size)
    kernel(blocks(target.size), (BLOCK,), (source, target, deviation, target.size, accumulate))
