"""Pooling of the largest absolute value; the formula and the shapes are in kernels/cpu/maxabs_pool.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import launch_windows


def forward(*, x: DeviceArray, y: DeviceArray, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the pixels y."""
    launch_windows(("maxabs_pool", "forward"), (x, y, size, stride, start), y, (x, y))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: Pair,
    stride: Pair,
    start: Pair,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    launch_windows(("maxabs_pool", "backward"), (x, y, size, stride, start), x, (x, y, dy, dx), accumulate)
