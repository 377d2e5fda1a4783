"""Fully connected: every output sees every input.

    y[n, o] = biases[o] + Σ_i x[n, i] · weights[o, i]

A picture is flattened in the order (H, W, C).

Source: cuda-convnet, layer type fc.

x, dx     (N, H, W, C) or (N, I)    inputs, gradient of inputs
weights   (O, I)                    dweights alike
biases    (O,)                      left out where y is added to
y, dy     (N, O)                    outputs, gradient of outputs
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write_product
from kernels.cpu.neuron import forward as act


def forward(
    *,
    x: Floats,
    weights: Floats,
    y: Floats,
    biases: Floats | None = None,
    neuron: str = "",
    accumulate: bool = False,
) -> None:
    """Write the outputs y, or add to them; biases are added where there are some, then the neuron acts."""
    write_product(_rows(x), weights.T, _rows(y), accumulate)
    if biases is not None:
        np.add(_rows(y), biases, out=_rows(y))
    if neuron:
        act(x=y, y=y, neuron=neuron)


def backward_data(*, dy: Floats, weights: Floats, dx: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    write_product(_rows(dy), weights, _rows(dx), accumulate)


def backward_weights(*, x: Floats, dy: Floats, dweights: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights."""
    write_product(_rows(dy).T, _rows(x), dweights, accumulate)


def _rows(values: Floats) -> Floats:
    """Return the view with one row for each example."""
    return values.reshape(len(values), -1)
