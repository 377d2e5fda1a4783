"""Contrast normalisation within each map; the formula and the shapes are in kernels/cpu/cnorm.py."""

from __future__ import annotations

from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.registry import Shapes


def forward(
    *,
    x: DeviceArray,
    contrasts: DeviceArray,
    denominators: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
) -> None:
    """Write the responses y, the contrasts and the denominators."""
    grid, threads, share = blocks(x.size), (BLOCK,), scale / size**2
    _kernel("contrast", x, size)(grid, threads, (x, contrasts, x.size))
    arrays = (x, contrasts, denominators, y)
    _kernel("respond", x, size)(grid, threads, (*arrays, share, power, minimum, x.size))


def backward_workspace(
    shapes: Shapes, *, size: int, scale: float, power: float, minimum: float, accumulate: bool = False
) -> Shapes:
    """Return the shape of the gradient that arrives at the contrasts."""
    return {"dcontrasts": shapes["x"]}


def backward(
    *,
    x: DeviceArray,
    contrasts: DeviceArray,
    denominators: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    dcontrasts: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    grid, threads, share = blocks(x.size), (BLOCK,), scale / size**2
    arrays = (x, contrasts, denominators, dy, dcontrasts)
    _kernel("pull_contrasts", x, size)(grid, threads, (*arrays, share, power, x.size))
    results = (denominators, dy, dcontrasts, dx)
    _kernel("pull", x, size)(grid, threads, (*results, power, x.size, accumulate))


def _kernel(name: str, x: DeviceArray, size: int) -> Any:
    _, height, width, channels = x.shape
    return function("cnorm", name, **types(x.dtype), H=height, W=width, C=channels, SIZE=size)
