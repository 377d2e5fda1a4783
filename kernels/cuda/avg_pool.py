"""Average pooling; the formula and the shapes are in kernels/cpu/avg_pool.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address, launch_windows


def forward(
    *, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair, total: bool = False
) -> None:
    """Write the means, or sums, y."""
    windows = (x, y, size, stride, start)
    launch_windows(("avg_pool", "forward"), windows, y, (x, y), TOTAL=int(total))


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
    windows, pointers = (dx, dy, size, stride, start), (dy, dx, address(gate))
    launch_windows(("avg_pool", "backward"), windows, dx, pointers, accumulate, TOTAL=int(total))
