"""Mirror: left becomes right.

    y[p, q] = x[p, W − 1 − q]

Source: cuda-convnet2, layer type href.

x, dx, y, dy    (N, H, W, C)
"""

from __future__ import annotations

from kernels.arrays import Floats
from kernels.cpu._pieces import write


def forward(*, x: Floats, y: Floats) -> None:
    """Write the mirrored pictures y."""
    y[...] = x[:, :, ::-1]


def backward(*, dy: Floats, dx: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    write(dx, dy[:, :, ::-1], accumulate)
