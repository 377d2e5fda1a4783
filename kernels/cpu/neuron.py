"""Neurons: functions that act on each value alone.

    relu         y = max(0, x)                  dx = dy where y > 0, else 0
    leaky_relu   y = x where x > 0, else a·x    dx = dy where y > 0, else a·dy
    brelu        y = min(a, max(0, x))          dx = dy where 0 < y < a, else 0
    tanh         y = a · tanh(b·x)              dx = dy · b · (a − y²/a)
    logistic     y = 1 / (1 + e^−x)             dx = dy · y · (1 − y)
    softrelu     y = log(1 + e^x)               dx = dy · (1 − e^−y)
    sqrt         y = √x                         dx = dy / (2·y)
    log          y = log(a + x)                 dx = dy · e^−y
    linear       y = a·x + b                    dx = dy · a
    abs          y = |x|                        dx = dy · sign x
    square       y = x²                         dx = dy · 2·x
    drelu        y = x − a · tanh(x/a)          dx = dy · tanh²(x/a)
    silu         y = x · s,  s = logistic x     dx = dy · (s + y · (1 − s))
    gelu         y = x/2 · (1 + t)              dx = dy · ((1 + t)/2 + x/2 · (1 − t²) · u′)
                 t = tanh u,  u = √(2/π) · (x + 0.044715·x³)

The gradient of most is a function of the output, so that the input need not be kept: ``backward``. That of
the last five is one of the input: ``backward_from_input``.

Source: cuda-convnet and cuda-convnet2, neuron.cuh; Maas et al. 2013 (leaky ReLU); Hendrycks and Gimpel 2016
(GELU, by tanh); Elfwing et al. 2018 (SiLU).

x, y, dy, dx    one shape, any; y may be x and dx may be dy
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import TypeAlias

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._pieces import pieces, write

Function: TypeAlias = Callable[[Floats, Floats, float, float], None]
Gradient: TypeAlias = Callable[[Floats, Floats, float, float], Floats]

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx"), "backward_from_input": ("dy", "dx")}


def forward(*, x: Floats, y: Floats, neuron: str, a: float = 1.0, b: float = 1.0) -> None:
    """Write the outputs y."""
    function = _FUNCTIONS[neuron]
    inputs, outputs = x.reshape(-1), y.reshape(-1)
    for piece in pieces(x.size):
        function(inputs[piece], outputs[piece], a, b)


def backward(
    *,
    y: Floats,
    dy: Floats,
    dx: Floats,
    neuron: str,
    a: float = 1.0,
    b: float = 1.0,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    gradient = _GRADIENTS[neuron]
    _backward(lambda y, dy: gradient(y, dy, a, b), y, dy, dx, accumulate)


def backward_from_input(
    *,
    x: Floats,
    dy: Floats,
    dx: Floats,
    neuron: str,
    a: float = 1.0,
    b: float = 1.0,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    gradient = _GRADIENTS_FROM_INPUT[neuron]
    _backward(lambda x, dy: gradient(x, dy, a, b), x, dy, dx, accumulate)


def _backward(
    gradient: Callable[[Floats, Floats], Floats], values: Floats, dy: Floats, dx: Floats, accumulate: bool
) -> None:
    values, gradients, results = values.reshape(-1), dy.reshape(-1), dx.reshape(-1)
    for piece in pieces(values.size):
        write(results[piece], gradient(values[piece], gradients[piece]), accumulate)


def _relu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.maximum(x, 0, out=y)


def _leaky_relu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.copyto(y, np.where(x > 0, x, a * x))


def _brelu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.clip(x, 0, a, out=y)


def _tanh(x: Floats, y: Floats, a: float, b: float) -> None:
    np.multiply(x, b, out=y)
    np.tanh(y, out=y)
    np.multiply(y, a, out=y)


def _logistic(x: Floats, y: Floats, a: float, b: float) -> None:
    lowest = np.log(np.finfo(x.dtype).tiny)  # below it, e^−x would overflow
    np.maximum(x, lowest, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.add(y, 1, out=y)
    np.reciprocal(y, out=y)


def _softrelu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.logaddexp(x, 0, out=y)


def _sqrt(x: Floats, y: Floats, a: float, b: float) -> None:
    np.sqrt(x, out=y)


def _log(x: Floats, y: Floats, a: float, b: float) -> None:
    np.add(x, a, out=y)
    np.log(y, out=y)


def _linear(x: Floats, y: Floats, a: float, b: float) -> None:
    np.multiply(x, a, out=y)
    np.add(y, b, out=y)


def _abs(x: Floats, y: Floats, a: float, b: float) -> None:
    np.abs(x, out=y)


def _square(x: Floats, y: Floats, a: float, b: float) -> None:
    np.multiply(x, x, out=y)


def _drelu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.subtract(x, a * np.tanh(x / a), out=y)


def _silu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.multiply(x, _share(x), out=y)


def _gelu(x: Floats, y: Floats, a: float, b: float) -> None:
    np.multiply(x / 2, 1 + _gelu_tanh(x), out=y)


def _silu_gradient(x: Floats, dy: Floats, a: float, b: float) -> Floats:
    share = _share(x)
    return dy * (share * (1 + x * (1 - share)))


def _gelu_gradient(x: Floats, dy: Floats, a: float, b: float) -> Floats:
    t = _gelu_tanh(x)
    slope = _GELU_SCALE * (1 + 3 * _GELU_CUBE * x * x)
    return dy * ((1 + t) / 2 + x / 2 * (1 - t * t) * slope)


def _share(x: Floats) -> Floats:
    """Return the logistic of ``x``."""
    share = np.empty_like(x)
    _logistic(x, share, 1.0, 1.0)
    return share


_GELU_SCALE = sqrt(2 / pi)
_GELU_CUBE = 0.044715


def _gelu_tanh(x: Floats) -> Floats:
    values: Floats = np.tanh(_GELU_SCALE * (x + _GELU_CUBE * x * x * x))
    return values


_FUNCTIONS: dict[str, Function] = {
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "brelu": _brelu,
    "tanh": _tanh,
    "logistic": _logistic,
    "softrelu": _softrelu,
    "sqrt": _sqrt,
    "log": _log,
    "linear": _linear,
    "abs": _abs,
    "square": _square,
    "drelu": _drelu,
    "silu": _silu,
    "gelu": _gelu,
}

_GRADIENTS: dict[str, Gradient] = {
    "relu": lambda y, dy, _a, _b: dy * (y > 0),
    "leaky_relu": lambda y, dy, a, _b: np.where(y > 0, dy, a * dy),
    "brelu": lambda y, dy, a, _b: dy * ((y > 0) & (y < a)),
    "tanh": lambda y, dy, a, b: dy * (b * a - y * y * (b / a)),
    "logistic": lambda y, dy, _a, _b: dy * (y * (1 - y)),
    "softrelu": lambda y, dy, _a, _b: dy * -np.expm1(-y),
    "sqrt": lambda y, dy, _a, _b: dy / (2 * y),
    "log": lambda y, dy, _a, _b: dy * np.exp(-y),
    "linear": lambda _y, dy, a, _b: dy * a,
}

_GRADIENTS_FROM_INPUT: dict[str, Gradient] = {
    "abs": lambda x, dy, _a, _b: dy * np.sign(x),
    "square": lambda x, dy, _a, _b: dy * (2 * x),
    "drelu": lambda x, dy, a, _b: dy * np.square(np.tanh(x / a)),
    "silu": _silu_gradient,
    "gelu": _gelu_gradient,
}
