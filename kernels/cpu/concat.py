"""Concatenation along the last axis, one array after the other.

    y[…, start + c] = x[…, c]

Source: cuda-convnet2, layer type concat.

x, dx    (N, H, W, C) or (N, C)
y, dy    (N, H, W, D) or (N, D), start + C ≤ D
"""

from __future__ import annotations

from kernels.arrays import Floats
from kernels.cpu._pieces import write


def forward(*, x: Floats, y: Floats, start: int) -> None:
    """Write x to its place in y."""
    y[..., start : start + x.shape[-1]] = x


def backward(*, dy: Floats, dx: Floats, start: int, accumulate: bool = False) -> None:
    """Write the gradient of x, or add it to dx."""
    write(dx, dy[..., start : start + dx.shape[-1]], accumulate)
