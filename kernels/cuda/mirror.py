"""Mirror; the formula and the shapes are in kernels/cpu/mirror.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, y: DeviceArray) -> None:
    """Write the mirrored pictures y."""
    _mirror(x, y, accumulate=False)


def backward(*, dy: DeviceArray, dx: DeviceArray, accumulate: bool = False) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    _mirror(dy, dx, accumulate=accumulate)


def _mirror(source: DeviceArray, target: DeviceArray, *, accumulate: bool) -> None:
    _, _, width, channels = source.shape
    kernel = function("mirror", "mirror", **types(source.dtype), W=width, C=channels)
    kernel(blocks(target.size), (BLOCK,), (source, target, target.size, accumulate))
