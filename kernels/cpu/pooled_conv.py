"""A convolution, ReLU and max pooling in one, and the gradients of the filters and biases behind them.

Forward is conv.forward, neuron.forward of a ReLU and max_pool.forward, one after the other; the maps are no
more than scratch. What the gradients need of them are the *winners*: of each window a bit for each of its
pixels, row by row, that is its maximum. A window whose maximum is not positive has none, for a ReLU hands
nothing back there. So a network's largest array and its gradient are never written as a whole.

For a first layer, whose pictures need no gradient. Windows have at most 31 pixels, the bits of a positive
int32.

x           (N, H, W, C)        pictures
weights     (F, h, w, C)        filters; dweights alike
biases      (F,)                dbiases alike
y, dy       (N, P, Q, F)        scratch: maps, gradient of maps; further scratch arrays are those of conv
z, dz       (N, P', Q', F)      pooled maps, gradient of pooled maps
winners     (N, P', Q', F)      int32
maps        P, Q
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu import bias, conv, max_pool
from kernels.cpu._window import taps

Slices = tuple[slice, slice, slice]


def forward(
    *,
    x: Floats,
    weights: Floats,
    biases: Floats,
    z: Floats,
    winners: NDArray[np.int32],
    y: Floats,
    padded: Floats,
    columns: Floats,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the pooled maps and the winners."""
    conv.forward(
        x=x,
        weights=weights,
        biases=biases,
        y=y,
        stride=stride,
        padding=padding,
        padded=padded,
        columns=columns,
        neuron="relu",
    )
    max_pool.forward(x=y, y=z, size=pool_size, stride=pool_stride, start=pool_start)
    winners.fill(0)
    for bit, pixels, windows in _pixels(maps, z.shape, pool_size, pool_stride, pool_start):
        won = (y[pixels] == z[windows]) & (z[windows] > 0)
        winners[windows] |= won.astype(np.int32) << bit


def forward_workspace(
    shapes: dict[str, Shape], *, maps: Pair, stride: Pair, padding: Pair, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``y``, ``padded`` and ``columns``."""
    y = (shapes["x"][0], *maps, shapes["weights"][0])
    own = {"x": shapes["x"], "weights": shapes["weights"], "y": y}
    return {"y": y, **conv.forward_workspace(own, stride=stride, padding=padding)}


def backward_weights(
    *,
    x: Floats,
    winners: NDArray[np.int32],
    dz: Floats,
    dweights: Floats,
    dbiases: Floats,
    dy: Floats,
    padded: Floats,
    columns: Floats,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the gradients of the filters and of the biases."""
    dy.fill(0)
    for bit, pixels, windows in _pixels(maps, dz.shape, pool_size, pool_stride, pool_start):
        dy[pixels] += (winners[windows] >> bit & 1) * dz[windows]
    conv.backward_weights(
        x=x, dy=dy, dweights=dweights, stride=stride, padding=padding, padded=padded, columns=columns
    )
    bias.backward(dy=dy, dbiases=dbiases)


def backward_weights_workspace(
    shapes: dict[str, Shape], *, maps: Pair, stride: Pair, padding: Pair, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``dy``, ``padded`` and ``columns``."""
    dy = (shapes["x"][0], *maps, shapes["dweights"][0])
    own = {"x": shapes["x"], "dy": dy, "dweights": shapes["dweights"]}
    return {"dy": dy, **conv.backward_weights_workspace(own, stride=stride, padding=padding)}


def _pixels(
    maps: Pair, pooled: Shape, size: Pair, stride: Pair, start: Pair
) -> Iterator[tuple[int, Slices, Slices]]:
    """Yield, for each pixel of a window, its number, pixels of the maps, and the windows that see them."""
    down, across = (
        list(taps(maps[axis], pooled[1 + axis], size[axis], stride[axis], start[axis])) for axis in range(2)
    )
    for bit, ((rows, tops), (columns, lefts)) in enumerate(product(down, across)):
        yield bit, (slice(None), rows, columns), (slice(None), tops, lefts)
