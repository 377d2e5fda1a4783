"""Global average pooling: the mean of each map.

    y[n, c] = Σ_pq x[n, p, q, c] / (H · W)

Source: Lin, Chen, Yan 2013, 'Network in network'.

x, dx    (N, H, W, C)
y, dy    (N, C)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write


def forward(*, x: Floats, y: Floats) -> None:
    """Write the means y."""
    np.mean(x, axis=(1, 2), out=y)


def backward(*, dy: Floats, dx: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    share = dy[:, np.newaxis, np.newaxis] * (1 / (dx.shape[1] * dx.shape[2]))
    write(dx, np.broadcast_to(share, dx.shape), accumulate)
