"""Max pooling across maps; the formula and the shapes are in kernels/cpu/cmpool.py."""

from __future__ import annotations

from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray, size: int, stride: int, start: int) -> None:
    """Write the maxima y."""
    kernel = _kernel("forward", x, y, size=size, stride=stride, start=start)
    kernel(blocks(y.size), (BLOCK,), (x, y, y.size))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: int,
    stride: int,
    start: int,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the maps, or add it to dx."""
    kernel = _kernel("backward", x, y, size=size, stride=stride, start=start)
    kernel(blocks(x.size), (BLOCK,), (x, y, dy, dx, x.size, accumulate))


def _kernel(name: str, x: DeviceArray, y: DeviceArray, *, size: int, stride: int, start: int) -> Any:
    geometry = {"C": x.shape[-1], "F": y.shape[-1], "SIZE": size, "STRIDE": stride, "START": start}
    return function("cmpool", name, **types(x.dtype), **geometry)
