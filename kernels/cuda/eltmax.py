"""Element-wise maximum of arrays; the formula and the shapes are in kernels/cpu/eltmax.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, accumulate: bool = False) -> None:
    """Write x to y, or the larger of both."""
    kernel = function("eltmax", "forward", **types(x.dtype))
    kernel(blocks(x.size), (BLOCK,), (x, y, x.size, accumulate))


def backward(
    *, x: DeviceArray, y: DeviceArray, dy: DeviceArray, dx: DeviceArray, accumulate: bool = False
) -> None:
    """Write the gradient of one array, or add it to dx."""
    kernel = function("eltmax", "backward", **types(x.dtype))
    kernel(blocks(x.size), (BLOCK,), (x, y, dy, dx, x.size, accumulate))
