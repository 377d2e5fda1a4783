"""Gaussian blur of each map.

    y[p, q] = Σ_ij g[i] · g[j] · x[p + i, q + j],    g[i] = e^(−i² / 2·deviation²) / Σ e^(−i² / 2·deviation²)

with i and j from −⌊size/2⌋ to ⌊size/2⌋. What lies outside the picture reads zeros. The blur is its own
gradient, since g is even.

Source: cuda-convnet, layer type blur.

x, dx, y, dy    (N, H, W, C)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: int, deviation: float) -> None:
    """Write the blurred pictures y."""
    for group in image_groups(x.shape):
        y[group] = _blur(x[group], size, deviation)


def backward(*, dy: Floats, dx: Floats, size: int, deviation: float, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    for group in image_groups(dy.shape):
        write(dx[group], _blur(dy[group], size, deviation), accumulate)


def _blur(values: Floats, size: int, deviation: float) -> Floats:
    weights = np.exp(-np.square(np.arange(size) - size // 2) / (2 * deviation**2))
    weights /= weights.sum()
    for axis in (1, 2):
        extent = values.shape[axis]
        sums = np.zeros_like(values)
        before = (slice(None),) * axis
        seen_by = taps(extent, extent, size, 1, -(size // 2))
        for weight, (seen, windows) in zip(weights, seen_by, strict=True):
            sums[(*before, windows)] += float(weight) * values[(*before, seen)]
        values = sums
    return values
