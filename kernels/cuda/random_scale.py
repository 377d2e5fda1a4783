"""Random scale; the formula and the shapes are in kernels/cpu/random_scale.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, counters: DeviceArray, y: DeviceArray, least: int, stream: int) -> None:
    """Write a part of each picture. Rows begin at position ``counters[OFFSET]``."""
    kernel = function("random_scale", "forward", **types(x.dtype), **_geometry(x, y))
    kernel(blocks(y.size), (BLOCK,), (x, counters, y, least, stream, y.size))


def evaluate(*, x: DeviceArray, y: DeviceArray) -> None:
    """Write the pictures, resized."""
    kernel = function("random_scale", "evaluate", **types(x.dtype), **_geometry(x, y))
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))


def _geometry(x: DeviceArray, y: DeviceArray) -> dict[str, int]:
    _, height, width, channels = x.shape
    return {"H": height, "W": width, "C": channels, "P": y.shape[1], "Q": y.shape[2]}
