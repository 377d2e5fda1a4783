"""Concatenation along the last axis; the formula and the shapes are in kernels/cpu/concat.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, start: int) -> None:
    """Write x to its place in y."""
    kernel = function("concat", "forward", **types(x.dtype), C=x.shape[-1], D=y.shape[-1], START=start)
    kernel(blocks(x.size), (BLOCK,), (x, y, x.size))


def backward(*, dy: DeviceArray, dx: DeviceArray, start: int, accumulate: bool = False) -> None:
    """Write the gradient of x, or add it to dx."""
    kernel = function("concat", "backward", **types(dx.dtype), C=dx.shape[-1], D=dy.shape[-1], START=start)
    kernel(blocks(dx.size), (BLOCK,), (dy, dx, dx.size, accumulate))
