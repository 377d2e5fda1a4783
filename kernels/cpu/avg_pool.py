"""Average pooling: the mean of each window's pixels.

    y[n, p, q, c] = mean_ij x[n, p·stride + i + start, q·stride + j + start, c]

over the pixels inside the picture.

Source: cuda-convnet, layer type pool, pool=avg.

x, dx     (N, H, W, C)    pictures, gradient of pictures
y, dy     (N, P, Q, C)    means, gradient of means
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the means y."""
    shares = _shares(x.shape, y, size, stride, start)
    y.fill(0)
    for group in image_groups(x.shape):
        for seen, windows in taps(x.shape, y.shape, size, stride, start):
            y[group][windows] += x[group][seen]
        y[group] *= shares


def backward(
    *, dy: Floats, dx: Floats, size: Pair, stride: Pair, start: Pair, accumulate: bool = False
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    shares = _shares(dx.shape, dy, size, stride, start)
    if not accumulate:
        dx.fill(0)
    for group in image_groups(dx.shape):
        gradient = dy[group] * shares
        for seen, windows in taps(dx.shape, dy.shape, size, stride, start):
            dx[group][seen] += gradient[windows]


def _shares(picture: Shape, maps: Floats, size: Pair, stride: Pair, start: Pair) -> Floats:
    """Return 1 / the number of pixels inside the picture for each window, (1, P, Q, 1)."""
    counts = np.zeros((1, *maps.shape[1:3], 1), maps.dtype)
    for _, windows in taps(picture, maps.shape, size, stride, start):
        counts[windows] += 1
    return np.reciprocal(counts)
