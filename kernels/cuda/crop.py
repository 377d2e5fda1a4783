"""Crop; the formula and the shapes are in kernels/cpu/crop.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, start: Pair) -> None:
    """Write the crops y."""
    _, height, width, channels = x.shape
    places = {"P": y.shape[1], "Q": y.shape[2], "TOP": start[0], "LEFT": start[1]}
    kernel = function("crop", "forward", **types(x.dtype), **places, H=height, W=width, C=channels)
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))
