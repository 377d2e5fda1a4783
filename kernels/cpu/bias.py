"""Gradient of biases that are shared by all places.

    dbiases[f] = Σ dy[…, f] over all axes but the last

Source: cuda-convnet, biases of layer types conv and fc.

dy        (N, P, Q, F) or (N, F)    gradient of the maps
dbiases   (F,)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write


def backward(*, dy: Floats, dbiases: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the biases, or add it to dbiases."""
    rows = dy.reshape(-1, dy.shape[-1])
    write(dbiases, np.add.reduce(rows, axis=0), accumulate)
