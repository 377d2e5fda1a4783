"""Max pooling: the largest pixel of each window.

    y[n, p, q, c] = max_ij x[n, p·stride + i + start, q·stride + j + start, c]

over the pixels inside the picture. All pixels that are as large as their window's maximum get its gradient.

Source: cuda-convnet, layer type pool, pool=max.

x, dx     (N, H, W, C)    pictures, gradient of pictures
y, dy     (N, P, Q, C)    maxima, gradient of maxima
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats, Pair
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the maxima y."""
    y.fill(-np.inf)
    for group in image_groups(x.shape):
        for seen, windows in taps(x.shape, y.shape, size, stride, start):
            largest = y[group][windows]
            np.maximum(largest, x[group][seen], out=largest)


def backward(
    *,
    x: Floats,
    y: Floats,
    dy: Floats,
    dx: Floats,
    size: Pair,
    stride: Pair,
    start: Pair,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    if not accumulate:
        dx.fill(0)
    for group in image_groups(x.shape):
        for seen, windows in taps(x.shape, y.shape, size, stride, start):
            largest = x[group][seen] == y[group][windows]
            dx[group][seen] += largest * dy[group][windows]
