"""Batch normalisation; the formula and the shapes are in kernels/cpu/batch_norm.py."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import blocks, function, types
from kernels.cuda._launch import pack
from kernels.registry import Shapes

_THREADS = 256
_MOST_LANES = 32
_WIDEST_PACK = 8
_MOST_BLOCKS = 256
_LEAST_ROWS = 4
"""For each thread, of the rows of a group."""


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
    _launch("survey", x, (x, counters, partials))
    kept = (means, scales, average_means, average_variances)
    _launch_warps("conclude", x, (x, counters, partials, *kept, epsilon, share))
    _launch("normalise", x, (x, weights, biases, means, scales, counters, y))


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
    _launch("evaluate", x, (x, weights, biases, average_means, average_variances, y, epsilon))


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
    _launch("survey_gradients", x, (x, means, scales, dy, counters, partials))
    _launch_warps("conclude_gradients", x, (partials,))
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
    _launch("survey_gradients", x, (x, means, scales, dy, counters, partials))
    _launch_warps("backward_weights", x, (partials, dweights, accumulate))


def _partials(pictures: Shape) -> Shapes:
    """Return the shape of two sums for each group and for all; ``_grid`` makes no more groups."""
    channels = pictures[-1]
    beside = -(-channels // (_WIDEST_PACK * _MOST_LANES))
    rows_of_group = _LEAST_ROWS * _THREADS // _MOST_LANES
    groups = min(-(-prod(pictures[:-1]) // rows_of_group), _MOST_BLOCKS // beside)
    return {"partials": (2 * max(1, groups) + 2, channels)}


@dataclass(frozen=True)
class _Grid:
    """Lanes of ``pack`` channels in blocks beside one another, and groups of rows below."""

    pack: int
    lanes: int
    beside: int
    groups: int


def _grid(x: DeviceArray) -> _Grid:
    channels = x.shape[-1]
    packs = channels // pack(x, channels)
    lanes = min(packs, _MOST_LANES)
    beside = -(-packs // lanes)
    wanted = -(-prod(x.shape[:-1]) // (_THREADS // lanes * _LEAST_ROWS))
    return _Grid(channels // packs, lanes, beside, max(1, min(wanted, _MOST_BLOCKS // beside)))


def _launch(name: str, x: DeviceArray, arguments: tuple[Any, ...]) -> None:
    """Launch a kernel whose threads share out all of ``x``."""
    grid = _grid(x)
    _kernel(name, x)((grid.beside, grid.groups), (_THREADS,), arguments)


def _launch_warps(name: str, x: DeviceArray, arguments: tuple[Any, ...]) -> None:
    """Launch a kernel with a warp for each channel."""
    _kernel(name, x)(blocks(32 * x.shape[-1], _THREADS), (_THREADS,), arguments)


def _kernel(name: str, x: DeviceArray) -> Any:
    rows, channels = len(x), x.shape[-1]
    grid = _grid(x)
    geometry = {"ROWS": rows, "PIXELS": x.size // (rows * channels), "C": channels}
    shares = {"V": grid.pack, "LANES": grid.lanes, "GROUPS": grid.groups}
    return function("batch_norm", name, **types(x.dtype), **geometry, **shares)
