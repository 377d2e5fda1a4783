"""Response normalisation across maps with max pooling of the responses; the formulas are in the .cu file."""

from __future__ import annotations

from typing import TypedDict, Unpack

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types
from kernels.cuda._launch import address, pair_macros, window_macros

_MAPS_OF_THREAD = 8
_LANES = 32
_SHARED_BYTES = 48 << 10
_MOST_BLOCKS = 1 << 16


class _How(TypedDict):
    """The normalisation, and the windows of the pool."""

    size: int
    scale: float
    power: float
    minimum: float
    pool_size: Pair
    pool_stride: Pair
    pool_start: Pair


def forward(*, x: DeviceArray, y: DeviceArray, **how: Unpack[_How]) -> None:
    """Write the maxima y of the responses."""
    images, rows, columns, _ = y.shape
    height, width = _tile(x, how["pool_size"], how["pool_stride"])
    blocks = images * -(-rows // height) * -(-columns // width)
    kernel = function("cmrnorm_max_pool", "forward", **types(x.dtype), **_macros(x, y, how))
    kernel((blocks,), (BLOCK,), (x, y))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    gate: DeviceArray | None = None,
    **how: Unpack[_How],
) -> None:
    """Write the gradient of the inputs, where the gate, if any, is above 0."""
    pixels = x.size // x.shape[3]
    of_block = BLOCK // _LANES * (_LANES // (x.shape[3] // _MAPS_OF_THREAD))
    blocks = min(-(-pixels // of_block), _MOST_BLOCKS)
    kernel = function("cmrnorm_max_pool", "backward", **types(x.dtype), **_macros(x, y, how))
    kernel((blocks,), (BLOCK,), (x, y, dy, dx, address(gate), pixels))


def _macros(x: DeviceArray, y: DeviceArray, how: _How) -> dict[str, int | float]:
    return {
        **window_macros(x, y, how["pool_size"], how["pool_stride"], how["pool_start"]),
        "V": _MAPS_OF_THREAD,
        "NORM": how["size"],
        "SHARE": how["scale"] / how["size"],
        "POWER": float(how["power"]),
        "MINIMUM": float(how["minimum"]),
        **pair_macros("TILE", _tile(x, how["pool_size"], how["pool_stride"])),
    }


def _tile(x: DeviceArray, size: Pair, stride: Pair) -> Pair:
    """Return how many windows a block has, down and across: as many as shared memory allows."""
    for tile in ((2, 16), (2, 8), (2, 4), (1, 4), (1, 2)):
        pixels = [(count - 1) * step + extent for count, step, extent in zip(tile, stride, size, strict=True)]
        if pixels[0] * pixels[1] * x.shape[3] * x.dtype.itemsize <= _SHARED_BYTES:
            return tile
    return 1, 1
