"""Bed of nails: keeps one pixel of each square.

    y[p, q] = x[start + p·stride, start + q·stride]

Source: cuda-convnet, layer type nailbed.

x, dx    (N, H, W, C)
y, dy    (N, P, Q, C)
"""

from __future__ import annotations

from kernels.arrays import Floats, Pair
from kernels.cpu._pieces import write


def forward(*, x: Floats, y: Floats, start: Pair, stride: Pair) -> None:
    """Write the pixels that are kept."""
    y[...] = _kept(x, start, stride)


def backward(*, dy: Floats, dx: Floats, start: Pair, stride: Pair, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    if not accumulate:
        dx.fill(0)
    write(_kept(dx, start, stride), dy, accumulate=True)


def _kept(pictures: Floats, start: Pair, stride: Pair) -> Floats:
    return pictures[:, start[0] :: stride[0], start[1] :: stride[1]]
