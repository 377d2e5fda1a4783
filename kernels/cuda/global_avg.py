"""Global average pooling; the formula and the shapes are in kernels/cpu/global_avg.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray) -> None:
    """Write the means y."""
    _, height, width, channels = x.shape
    kernel = function("global_avg", "forward", **types(x.dtype), PIXELS=height * width, C=channels)
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))


def backward(*, dy: DeviceArray, dx: DeviceArray, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    _, height, width, channels = dx.shape
    kernel = function("global_avg", "backward", **types(dx.dtype), PIXELS=height * width, C=channels)
    kernel(blocks(dx.size), (BLOCK,), (dy, dx, dx.size, accumulate))
