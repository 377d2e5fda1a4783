"""Element-wise maximum of arrays of one shape, one array after the other.

    y = x,    or max(y, x) where y holds the maximum of those before
    dx = dy where x = y, else 0: tied maxima all get the gradient

Source: cuda-convnet, layer type eltmax.

x, y, dy, dx    one shape, any; in the gradient, y is the maximum of all
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import pieces, write


def forward(*, x: Floats, y: Floats, accumulate: bool = False) -> None:
    """Write x to y, or the larger of both."""
    if accumulate:
        np.maximum(x, y, out=y)
    else:
        np.copyto(y, x)


def backward(*, x: Floats, y: Floats, dy: Floats, dx: Floats, accumulate: bool = False) -> None:
    """Write the gradient of one array, or add it to dx."""
    values, maxima, gradients, results = (array.reshape(-1) for array in (x, y, dy, dx))
    for piece in pieces(x.size):
        write(results[piece], gradients[piece] * (values[piece] == maxima[piece]), accumulate)
