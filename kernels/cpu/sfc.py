"""Split fully connected: each part of the inputs has outputs of its own.

    y[n, o] = biases[o] + Σ_i x[n, part·I + i] · weights[o, i],    part = ⌊o · parts / O⌋

A picture is flattened in the order (H, W, C).

Source: cuda-convnet2, layer type sfc.

x, dx     (N, H, W, C) or (N, parts · I)
weights   (O, I)                            dweights alike
biases    (O,)                              left out where y is added to
y, dy     (N, O)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import pieces, write_product


def forward(
    *,
    x: Floats,
    weights: Floats,
    y: Floats,
    parts: int,
    biases: Floats | None = None,
    accumulate: bool = False,
) -> None:
    """Write the outputs y, or add to them; biases are added where there are some."""
    for inputs, outputs in _parts(weights, parts):
        write_product(_rows(x)[:, inputs], weights[outputs].T, y[:, outputs], accumulate)
    if biases is not None:
        np.add(y, biases, out=y)


def backward_data(*, dy: Floats, weights: Floats, dx: Floats, parts: int, accumulate: bool = False) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    for inputs, outputs in _parts(weights, parts):
        write_product(dy[:, outputs], weights[outputs], _rows(dx)[:, inputs], accumulate)


def backward_weights(
    *, x: Floats, dy: Floats, dweights: Floats, parts: int, accumulate: bool = False
) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights."""
    for inputs, outputs in _parts(dweights, parts):
        write_product(dy[:, outputs].T, _rows(x)[:, inputs], dweights[outputs], accumulate)


def _parts(weights: Floats, parts: int) -> Iterator[tuple[slice, slice]]:
    """Yield the inputs and the outputs of each part."""
    outputs, inputs = weights.shape
    return zip(pieces(inputs * parts, inputs), pieces(outputs, outputs // parts), strict=True)


def _rows(values: Floats) -> Floats:
    """Return the view with one row for each example."""
    return values.reshape(len(values), -1)
