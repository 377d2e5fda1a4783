"""Softmax: turns the outputs of one example into probabilities.

    y[n, k] = e^x[n, k] / Σ_j e^x[n, j]
    dx[n, k] = y[n, k] · (dy[n, k] − Σ_j dy[n, j] · y[n, j])

Source: Bridle 1990; cuda-convnet, layer type softmax. The largest input is subtracted first, so that
nothing overflows.

x, dx     (N, K)    inputs, gradient of inputs
y, dy     (N, K)    probabilities, gradient of probabilities; y may be x and dx may be dy
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import write

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}


def forward(*, x: Floats, y: Floats) -> None:
    """Write the probabilities y."""
    np.subtract(x, x.max(axis=-1, keepdims=True), out=y)
    np.exp(y, out=y)
    np.divide(y, y.sum(axis=-1, keepdims=True), out=y)


def backward(*, y: Floats, dy: Floats, dx: Floats, accumulate: bool = False) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    mean = (dy * y).sum(axis=-1, keepdims=True)
    write(dx, y * (dy - mean), accumulate)
