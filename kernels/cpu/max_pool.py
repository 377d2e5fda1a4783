"""Max pooling: the largest pixel of each window.

    y[n, p, q, c] = max_ij x[n, p·stride + i + start, q·stride + j + start, c]

over the pixels inside the picture. All pixels that are as large as their window's maximum get its gradient.

A window's maximum is the maximum over its columns of the maxima ``tops`` over its rows. A pixel is its
window's maximum if it is the top of its column, and that top is the window's maximum; so gradients go back
the same way. Rows are pooled first, since whole rows are long runs of memory.

Source: cuda-convnet, layer type pool, pool=max.

x, dx     (N, H, W, C)    pictures, gradient of pictures
y, dy     (N, P, Q, C)    maxima, gradient of maxima
tops      (G, P, W, C)    maxima over the rows of each window, for a group of pictures
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats, Pair
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the maxima y."""
    for group in image_groups(x.shape):
        tops = _tops(x[group], y.shape[1], size[0], stride[0], start[0])
        _max_columns(tops, y[group], size[1], stride[1], start[1])


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
    _, height, width, _ = x.shape
    _, rows, columns, _ = y.shape
    if not accumulate:
        dx.fill(0)
    for group in image_groups(x.shape):
        tops = _tops(x[group], rows, size[0], stride[0], start[0])
        dtops = np.zeros_like(tops)
        for pixels, windows in taps(width, columns, size[1], stride[1], start[1]):
            largest = tops[:, :, pixels] == y[group, :, windows]
            dtops[:, :, pixels] += largest * dy[group, :, windows]
        for pixels, windows in taps(height, rows, size[0], stride[0], start[0]):
            largest = x[group, pixels] == tops[:, windows]
            dx[group, pixels] += largest * dtops[:, windows]


def _tops(x: Floats, places: int, size: int, stride: int, start: int) -> Floats:
    """Return the maxima over the rows of each window, (G, P, W, C)."""
    images, height, width, channels = x.shape
    tops = np.full((images, places, width, channels), -np.inf, x.dtype)
    for pixels, windows in taps(height, places, size, stride, start):
        np.maximum(tops[:, windows], x[:, pixels], out=tops[:, windows])
    return tops


def _max_columns(tops: Floats, y: Floats, size: int, stride: int, start: int) -> None:
    """Write the maxima of ``tops`` over the columns of each window to ``y``."""
    y.fill(-np.inf)
    for pixels, windows in taps(tops.shape[2], y.shape[2], size, stride, start):
        np.maximum(y[:, :, windows], tops[:, :, pixels], out=y[:, :, windows])
