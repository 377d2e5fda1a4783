"""Conversion between types of numbers: y = x, or y += x. Only plans that compute with bfloat16 need it."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, accumulate: bool = False) -> None:
    """Write the values of x in the type of y, or add them."""
    source = types(x.dtype)["STORED"]
    kernel = function("cast", "forward", **types(y.dtype), SOURCE=source)
    kernel(blocks(x.size), (BLOCK,), (x, y, x.size, accumulate))
