"""Response normalisation across maps with max pooling of the responses; the formulas are in the .cu file."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types
from kernels.cuda._launch import address, window_macros

_MAPS_OF_THREAD = 8
_LANES = 32
_SHARED_BYTES = 48 << 10
_MOST_BLOCKS = 1 << 16


def forward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the maxima y of the responses."""
    macros = _macros(x, y, size, scale, power, minimum, pool_size, pool_stride, pool_start)
    images, rows, columns, _ = y.shape
    height, width = _tile(x, pool_size, pool_stride)
    blocks = images * -(-rows // height) * -(-columns // width)
    function("cmrnorm_max_pool", "forward", **types(x.dtype), **macros)((blocks,), (BLOCK,), (x, y))


def backward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
    gate: DeviceArray | None = None,
) -> None:
    """Write the gradient of the inputs, where the gate, if any, is above 0."""
    macros = _macros(x, y, size, scale, power, minimum, pool_size, pool_stride, pool_start)
    pixels = x.size // x.shape[3]
    of_block = BLOCK // _LANES * (_LANES // (x.shape[3] // _MAPS_OF_THREAD))
    blocks = min(-(-pixels // of_block), _MOST_BLOCKS)
    kernel = function("cmrnorm_max_pool", "backward", **types(x.dtype), **macros)
    kernel((blocks,), (BLOCK,), (x, y, dy, dx, address(gate), pixels))


def _macros(  # noqa: PLR0917 - what both kernels are told
    x: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> dict[str, int | float]:
    height, width = _tile(x, pool_size, pool_stride)
    return {
        **window_macros(x, y, pool_size, pool_stride, pool_start),
        "V": _MAPS_OF_THREAD,
        "NORM": size,
        "SHARE": scale / size,
        "POWER": float(power),
        "MINIMUM": float(minimum),
        "TILE_H": height,
        "TILE_W": width,
    }


def _tile(x: DeviceArray, size: Pair, stride: Pair) -> Pair:
    """Return how many windows a block has, down and across: as many as shared memory allows."""
    for tile in ((2, 16), (2, 8), (2, 4), (1, 4), (1, 2)):
        pixels = [(count - 1) * step + extent for count, step, extent in zip(tile, stride, size, strict=True)]
        if pixels[0] * pixels[1] * x.shape[3] * x.dtype.itemsize <= _SHARED_BYTES:
            return tile
    return 1, 1
