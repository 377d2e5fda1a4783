"""Max pooling; the formula and the shapes are in kernels/cpu/max_pool.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address, launch_windows


def forward(*, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the maxima y."""
    launch_windows(("max_pool", "forward"), (x, y, size, stride, start), y, (x, y))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: Pair,
    stride: Pair,
    start: Pair,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    pointers = (x, y, dy, dx, address(gate))
    launch_windows(("max_pool", "backward"), (x, y, size, stride, start), x, pointers, accumulate)
