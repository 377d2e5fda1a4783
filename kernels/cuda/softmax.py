"""Softmax; the formula and the shapes are in kernels/cpu/softmax.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}

_LANES = 32
"""Threads of a row."""


def forward(*, x: DeviceArray, y: DeviceArray) -> None:
    """Write the probabilities y."""
    kernel = function("softmax", "forward", **types(x.dtype), K=x.shape[-1])
    rows = x.size // x.shape[-1]
    kernel(blocks(rows * _LANES), (BLOCK,), (x, y, rows))


def backward(*, y: DeviceArray, dy: DeviceArray, dx: DeviceArray, accumulate: bool = False) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    kernel = function("softmax", "backward", **types(dx.dtype), K=dx.shape[-1])
    rows = dx.size // dx.shape[-1]
    kernel(blocks(rows * _LANES), (BLOCK,), (y, dy, dx, rows, accumulate))
