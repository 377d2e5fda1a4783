"""Gradient of biases; the formula and the shapes are in kernels/cpu/bias.py."""

from __future__ import annotations

from math import prod

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import pack

_MOST_ACROSS = 32
_ROWS_OF_SHARE = 256
_MOST_SHARES = 1056
_LANES = 32


def backward(*, dy: DeviceArray, dbiases: DeviceArray, shares: DeviceArray, accumulate: bool = False) -> None:
    """Write the gradient of the biases, or add it to dbiases."""
    outputs = dbiases.size
    width = pack(dy, outputs)
    across = min(_MOST_ACROSS, 1 << (outputs // width - 1).bit_length())
    macros = {"OUTPUTS": outputs, "V": width, "ACROSS": across, "SHARES": len(shares)}
    kernel = function("bias", "backward", **types(dy.dtype), **macros)
    tiles = -(-outputs // (width * across))
    sums, adds = (dbiases, accumulate) if len(shares) == 1 else (shares, False)
    kernel((tiles * len(shares),), (BLOCK,), (dy, sums, dy.size // outputs, adds))
    if len(shares) == 1:
        return
    summed = function("bias", "sum_shares", **types(dy.dtype), **macros)
    summed(blocks(outputs * _LANES), (BLOCK,), (shares, dbiases, accumulate))


def backward_workspace(shapes: dict[str, Shape], **_: object) -> dict[str, Shape]:
    """Return the shape of ``shares``: sums over some of the rows."""
    outputs = prod(shapes["dbiases"])
    rows = prod(shapes["dy"]) // outputs
    return {"shares": (max(1, min(rows // _ROWS_OF_SHARE, _MOST_SHARES)), outputs)}
