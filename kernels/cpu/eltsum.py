"""Weighted sum of arrays of one shape, one array after the other.

    y = coefficient · x,    or y + coefficient · x

Source: cuda-convnet, layer type eltsum.

x, y, dy, dx    one shape, any; y may be x and dx may be dy
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import pieces

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}


def forward(*, x: Floats, y: Floats, coefficient: float, accumulate: bool = False) -> None:
    """Write the scaled array to y, or add it."""
    _scale(x.reshape(-1), y.reshape(-1), coefficient, accumulate)


def backward(*, dy: Floats, dx: Floats, coefficient: float, accumulate: bool = False) -> None:
    """Write the gradient of the array, or add it to dx."""
    _scale(dy.reshape(-1), dx.reshape(-1), coefficient, accumulate)


def _scale(values: Floats, results: Floats, coefficient: float, accumulate: bool) -> None:
    for piece in pieces(values.size):
        if accumulate:
            results[piece] += coefficient * values[piece]
        else:
            np.multiply(values[piece], coefficient, out=results[piece])
