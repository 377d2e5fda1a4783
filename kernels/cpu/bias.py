"""Gradient of biases.

    dbiases[f] = Σ dy[…, f] over all axes but the last, or over the batch where each place has its own

Source: cuda-convnet, biases of layer types fc, conv (sharedBiases) and local.

dy        (N, P, Q, F) or (N, F)    gradient of the maps
dbiases   (F,) or (P·Q, F)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write


def backward(*, dy: Floats, dbiases: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the biases, or add it to dbiases."""
    maps = np.add.reduce(dy, axis=0)  # the batch first: runs are long, and float32 errors stay small
    write(dbiases, np.add.reduce(maps.reshape(-1, *dbiases.shape), axis=0), accumulate)
