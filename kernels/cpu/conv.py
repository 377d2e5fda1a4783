"""Convolution: one set of filters, shared by all places of the picture.

    y[n, p, q, f] = b[f] + Σ_ijc w[f, i, j, c] · x[n, p·stride + i − padding, q·stride + j − padding, c]

What lies outside the picture reads zeros. Windows are copied to the rows of a matrix (im2col), so that each
direction is one matrix product for a group of pictures; a group's matrix stays in the cache.

Source: cuda-convnet, layer type conv (correlation, no flip); Chellapilla, Puri, Simard 2006 (im2col).

x, dx     (N, H, W, C)      pictures, gradient of pictures
weights   (F, h, w, C)      filters; dweights alike
biases    (F,)
y, dy     (N, P, Q, F)      maps, gradient of maps
padded    (G, H', W', C)    scratch: a group of pictures with all the pixels that windows see
columns   (G, P, Q, h, w, C)  scratch: their windows
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._pieces import pieces, write, write_product
from kernels.cpu._window import span, windows

GROUP = 1 << 20
"""Elements of ``columns`` that one group may have, if it has several pictures."""


def forward(
    *,
    x: Floats,
    weights: Floats,
    biases: Floats,
    y: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
) -> None:
    """Write the maps y."""
    filters = _matrix(weights)
    padded.fill(0)
    for group in pieces(len(x), len(columns)):
        maps = y[group].reshape(-1, len(filters))
        np.matmul(_im2col(x[group], stride, padding, padded, columns), filters.T, out=maps)
        np.add(maps, biases, out=maps)


def backward_data(
    *,
    dy: Floats,
    weights: Floats,
    dx: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    filters = _matrix(weights)
    for group in pieces(len(dx), len(columns)):
        maps = dy[group].reshape(-1, len(filters))
        count = len(dx[group])
        np.matmul(maps, filters, out=columns[:count].reshape(len(maps), -1))
        _col2im(columns[:count], stride, padded[:count])
        write(dx[group], _inside(padded[:count], dx.shape, padding), accumulate)


def backward_weights(
    *,
    x: Floats,
    dy: Floats,
    dweights: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures and places, or add it to dweights."""
    gradient = _matrix(dweights)
    padded.fill(0)
    for group in pieces(len(x), len(columns)):
        maps = dy[group].reshape(-1, len(gradient))
        matrix = _im2col(x[group], stride, padding, padded, columns)
        write_product(maps.T, matrix, gradient, accumulate or group.start > 0)


def forward_workspace(shapes: dict[str, Shape], *, stride: Pair, **_: object) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["y"], shapes["weights"], stride)


def backward_data_workspace(shapes: dict[str, Shape], *, stride: Pair, **_: object) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["dy"], shapes["weights"], stride)


def backward_weights_workspace(shapes: dict[str, Shape], *, stride: Pair, **_: object) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["dy"], shapes["dweights"], stride)


def _workspace(maps: Shape, weights: Shape, stride: Pair) -> dict[str, Shape]:
    images, *places, _ = maps
    _, *size, channels = weights
    most = max(1, GROUP // (places[0] * places[1] * size[0] * size[1] * channels))
    groups = -(-images // most)
    images_in_group = -(-images // groups)
    covered = map(span, places, size, stride)
    return {
        "padded": (images_in_group, *covered, channels),
        "columns": (images_in_group, *places, *size, channels),
    }


def _matrix(weights: Floats) -> Floats:
    """Return the view (F, h·w·C)."""
    return weights.reshape(len(weights), -1)


def _inside(padded: Floats, picture: Shape, padding: Pair) -> Floats:
    """Return the view (G, H, W, C) of the pixels of ``padded`` that belong to the pictures."""
    (top, left), (_, height, width, _) = padding, picture
    return padded[:, top : top + height, left : left + width]


def _im2col(x: Floats, stride: Pair, padding: Pair, padded: Floats, columns: Floats) -> Floats:
    """Return the windows of the pictures ``x`` as a matrix (pictures·P·Q, h·w·C) in ``columns``."""
    _, *places, height, width, _ = columns.shape
    padded, columns = padded[: len(x)], columns[: len(x)]
    np.copyto(_inside(padded, x.shape, padding), x)
    np.copyto(columns, windows(padded, (places[0], places[1]), (height, width), stride))
    return columns.reshape(-1, height * width * x.shape[3])


def _col2im(columns: Floats, stride: Pair, padded: Floats) -> None:
    """Write to ``padded`` the sum of all windows in ``columns``, each at its place.

    Windows that do not overlap are added at once: every ⌈h / stride⌉-th row of windows, and columns alike.
    """
    _, *places, height, width, _ = columns.shape
    sums = windows(padded, (places[0], places[1]), (height, width), stride)
    row_step, column_step = -(-height // stride[0]), -(-width // stride[1])
    padded.fill(0)
    for row in range(row_step):
        for column in range(column_step):
            apart = (slice(None), slice(row, None, row_step), slice(column, None, column_step))
            sums[apart] += columns[apart]
