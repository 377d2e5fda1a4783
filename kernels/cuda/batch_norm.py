"""Batch normalisation; the formula and the shapes are in kernels/cpu/batch_norm.py."""

from __future__ import annotations

from math import prod
from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.registry import Shapes

_LANES, _WARPS = 32, 8
_MOST_GROUPS = 128


def forward_workspace(shapes: Shapes, *, epsilon: float, share: float) -> Shapes:
    """Return the shape of the sums by groups of rows."""
    return _partials(shapes["x"])


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    biases: DeviceArray,
    counters: DeviceArray,
    y: DeviceArray,
    means: DeviceArray,
    scales: DeviceArray,
    average_means: DeviceArray,
    average_variances: DeviceArray,
    partials: DeviceArray,
    epsilon: float,
    share: float,
) -> None:
    """Write the outputs y, and what the gradient needs; bring the averages forward."""
    _launch("sum_up", x, (x, counters, partials))
    _launch("sum_up_squares", x, (x, counters, partials))
    kept = (means, scales, average_means, average_variances)
    _launch("normalise", x, (x, weights, biases, counters, partials, y, *kept, epsilon, share))


def evaluate(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    biases: DeviceArray,
    average_means: DeviceArray,
    average_variances: DeviceArray,
    y: DeviceArray,
    epsilon: float,
) -> None:
    """Write the outputs y by the running averages."""
    arrays = (x, weights, biases, average_means, average_variances, y)
    _kernel("evaluate", x)(blocks(x.size), (BLOCK,), (*arrays, epsilon, x.size))


def backward_data_workspace(shapes: Shapes, *, accumulate: bool = False) -> Shapes:
    """Return the shape of the sums by groups of rows."""
    return _partials(shapes["x"])


def backward_data(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    means: DeviceArray,
    scales: DeviceArray,
    dy: DeviceArray,
    counters: DeviceArray,
    dx: DeviceArray,
    partials: DeviceArray,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    _launch("sum_up_gradients", x, (x, means, scales, dy, counters, partials))
    arrays = (x, weights, means, scales, dy, counters, partials, dx)
    _launch("backward_data", x, (*arrays, accumulate))


def backward_weights_workspace(shapes: Shapes, *, accumulate: bool = False) -> Shapes:
    """Return the shape of the sums by groups of rows."""
    return _partials(shapes["x"])


def backward_weights(
    *,
    x: DeviceArray,
    means: DeviceArray,
    scales: DeviceArray,
    dy: DeviceArray,
    counters: DeviceArray,
    dweights: DeviceArray,
    partials: DeviceArray,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the gains, or add it to dweights."""
    _launch("sum_up_gradients", x, (x, means, scales, dy, counters, partials))
    _kernel("backward_weights", x)(blocks(dweights.size), (BLOCK,), (partials, dweights, accumulate))


def _partials(pictures: tuple[int, ...]) -> Shapes:
    return {"partials": (2, _groups(pictures), pictures[-1])}


def _groups(pictures: tuple[int, ...]) -> int:
    """Return how many groups the rows are divided into: at least 4 rows a warp."""
    return min(_MOST_GROUPS, -(-prod(pictures[:-1]) // (4 * _WARPS)))


def _launch(name: str, x: DeviceArray, arguments: tuple[Any, ...]) -> None:
    grid = (-(-x.shape[-1] // _LANES), _groups(x.shape))
    _kernel(name, x)(grid, (_LANES * _WARPS,), arguments)


def _kernel(name: str, x: DeviceArray) -> Any:
    rows, channels = len(x), x.shape[-1]
    geometry = {"ROWS": rows, "PIXELS": x.size // (rows * channels), "C": channels}
    return function("batch_norm", name, **types(x.dtype), **geometry, GROUPS=_groups(x.shape))
