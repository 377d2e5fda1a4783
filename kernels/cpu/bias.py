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
    maps = np.add.reduce(dy, axis=0)  # the batch first: runs are long, and float32 errors stay small
    write(dbiases, np.add.reduce(maps.reshape(-1, len(dbiases)), axis=0), accumulate)
