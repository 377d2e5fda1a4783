"""Local: a convolution whose places have filters and biases of their own.

    y[n, p, q, f] = b[p, q, f] + Σ_ijc w[p, q, i, j, c, f] · x[n, p·stride + i − padding, q·stride + …, c]

with c over the channels of f's group. What lies outside the picture reads zeros. One row of places is done at
a time: the windows of each place are a matrix of one row for each picture.

Source: cuda-convnet, layer type local.

x, dx     (N, H, W, C)                          pictures, gradient of pictures
weights   (P·Q, h·w·C / groups, F)              filters; dweights alike
biases    (P·Q, F)                              left out where y is added to
y, dy     (N, P, Q, F)                          maps, gradient of maps
padded    (N, H', W', C)                        scratch: pictures with all the pixels that windows see
columns   (Q, N, h, w, C / groups)              scratch: the windows of one row of places
sums      (Q, N, F / groups)                    scratch: their maps
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._pieces import pieces, write
from kernels.cpu._window import span
from kernels.cpu.neuron import forward as act


def forward(
    *,
    x: Floats,
    weights: Floats,
    y: Floats,
    size: Pair,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    sums: Floats,
    biases: Floats | None = None,
    groups: int = 1,
    neuron: str = "",
    accumulate: bool = False,
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    _pad(x, padded, padding)
    for row, channels, maps in _rows(x, y, groups):
        matrix = _windows(padded[..., channels], row, size, stride, columns)
        np.matmul(matrix, _of_row(weights, y, row)[..., maps], out=sums)
        write(y[:, row, :, maps], sums.transpose(1, 0, 2), accumulate)
    if biases is not None:
        np.add(y, biases.reshape(y.shape[1:]), out=y)
    if neuron:
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: Floats,
    weights: Floats,
    dx: Floats,
    size: Pair,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    sums: Floats,
    groups: int = 1,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    padded.fill(0)
    for row, channels, maps in _rows(dx, dy, groups):
        np.copyto(sums, dy[:, row, :, maps].transpose(1, 0, 2))
        filters = _of_row(weights, dy, row)[..., maps]
        np.matmul(sums, filters.transpose(0, 2, 1), out=columns.reshape(*columns.shape[:2], -1))
        for place, window in enumerate(columns):
            padded[(*_seen(row, place, size, stride), channels)] += window
    (top, left), (_, height, width, _) = padding, dx.shape
    write(dx, padded[:, top : top + height, left : left + width], accumulate)


def backward_weights(
    *,
    x: Floats,
    dy: Floats,
    dweights: Floats,
    size: Pair,
    stride: Pair,
    padding: Pair,
    padded: Floats,
    columns: Floats,
    sums: Floats,
    groups: int = 1,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures, or add it to dweights."""
    _pad(x, padded, padding)
    for row, channels, maps in _rows(x, dy, groups):
        np.copyto(sums, dy[:, row, :, maps].transpose(1, 0, 2))
        matrix = _windows(padded[..., channels], row, size, stride, columns)
        gradient = _of_row(dweights, dy, row)[..., maps]
        write(gradient, matrix.transpose(0, 2, 1) @ sums, accumulate)


def forward_workspace(
    shapes: dict[str, Shape], *, size: Pair, stride: Pair, groups: int = 1, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded``, ``columns`` and ``sums``."""
    return _workspace(shapes["x"], shapes["y"], size, stride, groups)


def backward_data_workspace(
    shapes: dict[str, Shape], *, size: Pair, stride: Pair, groups: int = 1, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded``, ``columns`` and ``sums``."""
    return _workspace(shapes["dx"], shapes["dy"], size, stride, groups)


def backward_weights_workspace(
    shapes: dict[str, Shape], *, size: Pair, stride: Pair, groups: int = 1, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``padded``, ``columns`` and ``sums``."""
    return _workspace(shapes["x"], shapes["dy"], size, stride, groups)


def _workspace(pictures: Shape, maps: Shape, size: Pair, stride: Pair, groups: int) -> dict[str, Shape]:
    images, _, _, channels = pictures
    _, rows, columns, filters = maps
    return {
        "padded": (images, span(rows, size[0], stride[0]), span(columns, size[1], stride[1]), channels),
        "columns": (columns, images, *size, channels // groups),
        "sums": (columns, images, filters // groups),
    }


def _pad(x: Floats, padded: Floats, padding: Pair) -> None:
    """Write the pictures ``x`` into ``padded``, and zeros around them."""
    (top, left), (_, height, width, _) = padding, x.shape
    padded.fill(0)
    padded[:, top : top + height, left : left + width] = x


def _rows(pictures: Floats, maps: Floats, groups: int) -> Iterator[tuple[int, slice, slice]]:
    """Yield each row of places, with the channels of each group and the maps that are made of them."""
    channels, filters = pictures.shape[3], maps.shape[3]
    for row in range(maps.shape[1]):
        for seen, made in zip(
            pieces(channels, channels // groups), pieces(filters, filters // groups), strict=True
        ):
            yield row, seen, made


def _of_row(weights: Floats, maps: Floats, row: int) -> Floats:
    """Return the filters (Q, h·w·C, F) of a row of places."""
    places = maps.shape[2]
    return weights[row * places : (row + 1) * places]


def _seen(row: int, place: int, size: Pair, stride: Pair) -> tuple[slice, slice, slice]:
    """Return the region of padded pictures that the window at a place sees."""
    top, left = row * stride[0], place * stride[1]
    return slice(None), slice(top, top + size[0]), slice(left, left + size[1])


def _windows(padded: Floats, row: int, size: Pair, stride: Pair, columns: Floats) -> Floats:
    """Return the windows of a row of places as matrices (Q, N, h·w·C) in ``columns``."""
    for place, window in enumerate(columns):
        np.copyto(window, padded[_seen(row, place, size, stride)])
    return columns.reshape(*columns.shape[:2], -1)
