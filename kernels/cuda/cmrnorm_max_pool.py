"""Response normalisation across maps with max pooling of the responses; the formulas are in the .cu file."""

from __future__ import annotations

from typing import TypedDict, Unpack

from kernels.arrays import Pair
from kernels.cuda import _norm_blocks as cut
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, Macro, function, types
from kernels.cuda._launch import address, pair_macros, window_macros

_SHORT = 2  # bytes
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
    macros = _macros(x, y, how)
    images, rows, columns, _ = y.shape
    blocks = images * -(-rows // int(macros["TILE_H"])) * -(-columns // int(macros["TILE_W"]))
    kernel = function("cmrnorm_max_pool", "forward", **types(x.dtype), **macros)
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
    of_block = BLOCK // cut.LANES * (cut.LANES // (x.shape[3] // cut.maps_of_thread(x.shape[3])))
    blocks = min(-(-pixels // of_block), _MOST_BLOCKS)
    kernel = function("cmrnorm_max_pool", "backward", **types(x.dtype), **_macros(x, y, how))
    kernel((blocks,), (BLOCK,), (x, y, dy, dx, address(gate), pixels))


def _macros(x: DeviceArray, y: DeviceArray, how: _How) -> dict[str, Macro]:
    maps, windows, stride = x.shape[3], (y.shape[1], y.shape[2]), how["pool_stride"]
    maps_of_thread = cut.maps_of_thread(maps)
    return {
        **window_macros(x, y, how["pool_size"], stride, how["pool_start"]),
        "V": maps_of_thread,
        "BLOCKS": cut.BLOCKS[maps_of_thread] if x.dtype.itemsize == _SHORT else 1,
        "NORM": how["size"],
        "SHARE": how["scale"] / how["size"],
        "POWER": float(how["power"]),
        "MINIMUM": float(how["minimum"]),
        **pair_macros("TILE", cut.tile(windows, how["pool_size"], stride, maps * x.dtype.itemsize)),
    }
