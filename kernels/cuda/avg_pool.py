"""Average pooling; the formula and the shapes are in kernels/cpu/avg_pool.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address, window_macros


def forward(
    *, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair, total: bool = False
) -> None:
    """Write the means, or sums, y."""
    macros = {**window_macros(x, y, size, stride, start), "TOTAL": int(total)}
    groups = y.size // macros["V"]
    kernel = function("avg_pool", "forward", **types(x.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (x, y, groups))


def backward(
    *,
    dy: DeviceArray,
    dx: DeviceArray,
    size: Pair,
    stride: Pair,
    start: Pair,
    total: bool = False,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    macros = {**window_macros(dx, dy, size, stride, start), "TOTAL": int(total)}
    groups = dx.size // macros["V"]
    kernel = function("avg_pool", "backward", **types(dy.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (dy, dx, address(gate), groups, accumulate))
