"""Gradients that blocks sum up over a share of the places each: their scratch array, and their sum."""

from __future__ import annotations

from math import prod

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types
from kernels.cuda._launch import address

_ALIGNED = 8
"""Elements that are stored at once."""

_MANY = 16
_TEAM = 8
"""Threads that sum up one value, where there are many shares."""


def shape(count: int, filters: Shape, biases: Shape = ()) -> Shape:
    """Return the shape of ``count`` shares of the gradients of filters, and of biases if there are some."""
    size = prod(filters) + (prod(biases) if biases else 0)
    return count, -(-size // _ALIGNED) * _ALIGNED


def sum_up(
    *, shares: DeviceArray, dweights: DeviceArray, dbiases: DeviceArray | None, accumulate: bool = False
) -> None:
    """Write the sum of the shares, or add it."""
    count, pitch = shares.shape
    macros = {"COUNT": dweights.size, "PITCH": pitch, "SHARES": count, "TEAM": _TEAM if count >= _MANY else 1}
    size = dweights.size + (0 if dbiases is None else dbiases.size)
    kernel = function("_shares", "sum_up", **types(shares.dtype), **macros)
    grid = (-(-size * macros["TEAM"] // BLOCK),)
    kernel(grid, (BLOCK,), (shares, dweights, address(dbiases), size, accumulate))
