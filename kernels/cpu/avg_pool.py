"""Average pooling: the mean of each window's pixels, or their sum where the ``total`` is asked for.

    y[n, p, q, c] = mean_ij x[n, p·stride + i + start, q·stride + j + start, c]

over the pixels inside the picture; the sum leaves out the division. Rows are summed first, since whole rows
are long runs of memory.

Source: cuda-convnet, layer type pool, pool=avg; cuda-convnet2, sum=true.

x, dx     (N, H, W, C)    pictures, gradient of pictures
y, dy     (N, P, Q, C)    means, gradient of means
sums      (G, P, W, C)    sums over the rows of each window, for a group of pictures
shares    (P, Q, 1)       1 / the number of pixels inside the picture, 1 for sums
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: Pair, stride: Pair, start: Pair, total: bool = False) -> None:
    """Write the means, or sums, y."""
    _, height, width, channels = x.shape
    _, rows, columns, _ = y.shape
    shares = 1.0 if total else _shares(x.shape, y, size, stride, start)
    y.fill(0)
    for group in image_groups(x.shape):
        sums = np.zeros((group.stop - group.start, rows, width, channels), x.dtype)
        for pixels, windows in taps(height, rows, size[0], stride[0], start[0]):
            sums[:, windows] += x[group, pixels]
        for pixels, windows in taps(width, columns, size[1], stride[1], start[1]):
            y[group, :, windows] += sums[:, :, pixels]
        y[group] *= shares


def backward(
    *,
    dy: Floats,
    dx: Floats,
    size: Pair,
    stride: Pair,
    start: Pair,
    total: bool = False,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    _, height, width, channels = dx.shape
    _, rows, columns, _ = dy.shape
    shares = 1.0 if total else _shares(dx.shape, dy, size, stride, start)
    if not accumulate:
        dx.fill(0)
    for group in image_groups(dx.shape):
        gradient = dy[group] * shares
        dsums = np.zeros((len(gradient), rows, width, channels), dx.dtype)
        for pixels, windows in taps(width, columns, size[1], stride[1], start[1]):
            dsums[:, :, pixels] += gradient[:, :, windows]
        for pixels, windows in taps(height, rows, size[0], stride[0], start[0]):
            dx[group, pixels] += dsums[:, windows]


def _shares(picture: Shape, maps: Floats, size: Pair, stride: Pair, start: Pair) -> Floats:
    """Return 1 / the number of pixels inside the picture for each window, of the type of ``maps``."""
    counts = []
    for axis in range(2):
        inside = np.zeros(maps.shape[1 + axis], maps.dtype)
        for _, windows in taps(picture[1 + axis], len(inside), size[axis], stride[axis], start[axis]):
            inside[windows] += 1
        counts.append(inside)
    return np.reciprocal(np.outer(*counts))[..., np.newaxis]
