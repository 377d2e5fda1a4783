"""Convolution: one set of filters, shared by all places of the picture.

    y[n, p, q, f] = b[f] + Σ_ijc w[f, i, j, c] · x[n, p·stride + i·dilation − padding, q·stride + …, c]

with c over the channels of f's group. What lies outside the picture reads zeros. Windows are copied to the
rows of a matrix (im2col), so that each direction is one matrix product for some pictures and a group of
channels; that matrix stays in the cache.

Source: cuda-convnet, layer type conv (correlation, no flip); Chellapilla, Puri, Simard 2006 (im2col).

x, dx     (N, H, W, C)            pictures, gradient of pictures
weights   (F, h, w, C / groups)   filters; dweights alike
biases    (F,) or (P·Q, F)        one a map, or one a place; left out where y is added to
y, dy     (N, P, Q, F)            maps, gradient of maps
padded    (G, H', W', C')         scratch: some pictures, one group of channels, with all pixels windows see
columns   (G, P, Q, h, w, C')     scratch: their windows
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._pieces import pieces, write, write_product
from kernels.cpu._window import span, windows
from kernels.cpu.neuron import forward as act

GROUP = 1 << 20
"""Elements of ``columns`` for several pictures, at most."""


def forward(
    *,
    x: Floats,
    weights: Floats,
    y: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    biases: Floats | None = None,
    groups: int = 1,
    dilation: Pair = (1, 1),
    neuron: str = "",
    accumulate: bool = False,
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    for channels, maps in _groups(x, y, groups):
        filters = _matrix(weights[maps])
        padded.fill(0)
        for some in pieces(len(x), len(columns)):
            matrix = _im2col(
                x[some, ..., channels], padded, columns, stride=stride, padding=padding, dilation=dilation
            )
            sums = y[some, ..., maps]
            write_product(matrix, filters.T, sums.reshape(-1, len(filters)), accumulate)
            if biases is not None:
                by_place = sums.reshape(len(sums), -1, len(filters))
                np.add(by_place, biases[..., maps], out=by_place)
    if neuron:
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: Floats,
    weights: Floats,
    dx: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    for channels, maps in _groups(dx, dy, groups):
        filters = _matrix(weights[maps])
        for some in pieces(len(dx), len(columns)):
            gradient = dy[some, ..., maps].reshape(-1, len(filters))
            count = len(dx[some])
            np.matmul(gradient, filters, out=columns[:count].reshape(len(gradient), -1))
            _col2im(columns[:count], stride, dilation, padded[:count])
            write(dx[some, ..., channels], _inside(padded[:count], dx.shape, padding), accumulate)


def backward_weights(
    *,
    x: Floats,
    dy: Floats,
    dweights: Floats,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures and places, or add it to dweights."""
    for channels, maps in _groups(x, dy, groups):
        gradient = _matrix(dweights[maps])
        padded.fill(0)
        for some in pieces(len(x), len(columns)):
            matrix = _im2col(
                x[some, ..., channels], padded, columns, stride=stride, padding=padding, dilation=dilation
            )
            sums = dy[some, ..., maps].reshape(-1, len(gradient))
            write_product(sums.T, matrix, gradient, accumulate or some.start > 0)


def forward_workspace(
    shapes: dict[str, Shape], *, stride: Pair, dilation: Pair = (1, 1), **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["y"], shapes["weights"], stride, dilation)


def backward_data_workspace(
    shapes: dict[str, Shape], *, stride: Pair, dilation: Pair = (1, 1), **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["dy"], shapes["weights"], stride, dilation)


def backward_weights_workspace(
    shapes: dict[str, Shape], *, stride: Pair, dilation: Pair = (1, 1), **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded`` and ``columns``."""
    return _workspace(shapes["dy"], shapes["dweights"], stride, dilation)


def _workspace(maps: Shape, weights: Shape, stride: Pair, dilation: Pair) -> dict[str, Shape]:
    images, *places, _ = maps
    _, *size, channels = weights
    most = max(1, GROUP // (places[0] * places[1] * size[0] * size[1] * channels))
    parts = -(-images // most)
    images_in_part = -(-images // parts)
    covered = map(span, places, size, stride, dilation)
    return {
        "padded": (images_in_part, *covered, channels),
        "columns": (images_in_part, *places, *size, channels),
    }


def _groups(pictures: Floats, maps: Floats, groups: int) -> Iterator[tuple[slice, slice]]:
    """Yield the channels of each group and the maps that are made of them."""
    channels, filters = pictures.shape[3] // groups, maps.shape[3] // groups
    return zip(pieces(pictures.shape[3], channels), pieces(maps.shape[3], filters), strict=True)


def _matrix(weights: Floats) -> Floats:
    """Return the view (F, h·w·C)."""
    return weights.reshape(len(weights), -1)


def _inside(padded: Floats, picture: Shape, padding: Pair) -> Floats:
    """Return the view (G, H, W, C) of the pixels of ``padded`` that belong to the pictures."""
    (top, left), (_, height, width, _) = padding, picture
    return padded[:, top : top + height, left : left + width]


def _im2col(
    x: Floats, padded: Floats, columns: Floats, *, stride: Pair, padding: Pair, dilation: Pair
) -> Floats:
    """Return the windows of the pictures ``x`` as a matrix (pictures·P·Q, h·w·C) in ``columns``."""
    _, *places, height, width, _ = columns.shape
    padded, columns = padded[: len(x)], columns[: len(x)]
    np.copyto(_inside(padded, x.shape, padding), x)
    np.copyto(columns, windows(padded, (places[0], places[1]), (height, width), stride, dilation))
    return columns.reshape(-1, height * width * x.shape[3])


def _col2im(columns: Floats, stride: Pair, dilation: Pair, padded: Floats) -> None:
    """Write to ``padded`` the sum of all windows in ``columns``, each at its place.

    Windows that do not overlap are added at once: every ⌈h / stride⌉-th row of windows, and columns alike,
    where h is the height with all dilation.
    """
    _, *places, height, width, _ = columns.shape
    sums = windows(padded, (places[0], places[1]), (height, width), stride, dilation)
    row_step = -(-span(1, height, 1, dilation[0]) // stride[0])
    column_step = -(-span(1, width, 1, dilation[1]) // stride[1])
    padded.fill(0)
    for row in range(row_step):
        for column in range(column_step):
            apart = (slice(None), slice(row, None, row_step), slice(column, None, column_step))
            sums[apart] += columns[apart]
