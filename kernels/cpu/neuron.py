"""Neurons: functions that act on each value alone.

    relu       y = max(0, x)           dx = dy where y > 0, else 0
    tanh       y = tanh x              dx = dy · (1 − y²)
    logistic   y = 1 / (1 + e^−x)      dx = dy · y · (1 − y)

The gradient is a function of the output, so that the input need not be kept.

Source: cuda-convnet, neurons relu, tanh and logistic.

x, y, dy, dx    one shape, any; y may be x and dx may be dy
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import pieces, write

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}


def forward(*, x: Floats, y: Floats, neuron: str) -> None:
    """Write the outputs y."""
    function = _FUNCTIONS[neuron]
    inputs, outputs = x.reshape(-1), y.reshape(-1)
    for piece in pieces(x.size):
        function(inputs[piece], outputs[piece])


def backward(*, y: Floats, dy: Floats, dx: Floats, neuron: str, accumulate: bool = False) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    gradient = _GRADIENTS[neuron]
    outputs, gradients, results = y.reshape(-1), dy.reshape(-1), dx.reshape(-1)
    for piece in pieces(y.size):
        write(results[piece], gradient(outputs[piece], gradients[piece]), accumulate)


def _relu(x: Floats, y: Floats) -> None:
    np.maximum(x, 0, out=y)


def _tanh(x: Floats, y: Floats) -> None:
    np.tanh(x, out=y)


def _logistic(x: Floats, y: Floats) -> None:
    lowest = np.log(np.finfo(x.dtype).tiny)  # below it, e^−x would overflow
    np.maximum(x, lowest, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.add(y, 1, out=y)
    np.reciprocal(y, out=y)


_FUNCTIONS: dict[str, Callable[[Floats, Floats], None]] = {
    "relu": _relu,
    "tanh": _tanh,
    "logistic": _logistic,
}

_GRADIENTS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "relu": lambda y, dy: dy * (y > 0),
    "tanh": lambda y, dy: dy * (1 - y * y),
    "logistic": lambda y, dy: dy * (y * (1 - y)),
}
