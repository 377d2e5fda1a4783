"""Weighted sum of arrays; the formula and the shapes are in kernels/cpu/eltsum.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}


def forward(*, x: DeviceArray, y: DeviceArray, coefficient: float, accumulate: bool = False) -> None:
    """Write the scaled array to y, or add it."""
    _scale(x, y, coefficient, accumulate)


def backward(*, dy: DeviceArray, dx: DeviceArray, coefficient: float, accumulate: bool = False) -> None:
    """Write the gradient of the array, or add it to dx."""
    _scale(dy, dx, coefficient, accumulate)


def _scale(values: DeviceArray, results: DeviceArray, coefficient: float, accumulate: bool) -> None:
    kernel = function("eltsum", "scale", **types(values.dtype))
    kernel(blocks(values.size), (BLOCK,), (values, results, coefficient, values.size, accumulate))
