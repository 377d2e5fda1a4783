"""Response normalisation across maps with max pooling of the responses; the formulas are in the .cu file."""

from __future__ import annotations

from functools import cache
from itertools import product
from math import prod
from typing import TypedDict, Unpack

from kernels.arrays import Pair, Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, SHARED_BY_RIGHT, function, types
from kernels.cuda._launch import address, pair_macros, window_macros

_BLOCKS = {8: 4, 12: 3}
"""How many maps of a pixel a thread may have; and how many blocks of ``backward`` a multiprocessor is then to
have room for, if numbers are short: it waits for memory, and more threads with fewer registers are quicker.
"""

_SHORT = 2  # bytes
_LANES = 32
_LONGEST = 64
"""Windows along a side of a block's tile, at most."""

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
    height, width = _tile(x, y.shape, how["pool_size"], how["pool_stride"])
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
    of_block = BLOCK // _LANES * (_LANES // (x.shape[3] // _maps_of_thread(x.shape[3])))
    blocks = min(-(-pixels // of_block), _MOST_BLOCKS)
    kernel = function("cmrnorm_max_pool", "backward", **types(x.dtype), **_macros(x, y, how))
    kernel((blocks,), (BLOCK,), (x, y, dy, dx, address(gate), pixels))


def _macros(x: DeviceArray, y: DeviceArray, how: _How) -> dict[str, int | float]:
    maps_of_thread = _maps_of_thread(x.shape[3])
    return {
        **window_macros(x, y, how["pool_size"], how["pool_stride"], how["pool_start"]),
        "V": maps_of_thread,
        "BLOCKS": _BLOCKS[maps_of_thread] if x.dtype.itemsize == _SHORT else 1,
        "NORM": how["size"],
        "SHARE": how["scale"] / how["size"],
        "POWER": float(how["power"]),
        "MINIMUM": float(how["minimum"]),
        **pair_macros("TILE", _tile(x, y.shape, how["pool_size"], how["pool_stride"])),
    }


@cache
def _maps_of_thread(maps: int) -> int:
    """Return how many maps of a pixel a thread has, so that the most lanes of a warp have some."""

    def at_work(count: int) -> int:
        lanes = maps // count
        return _LANES // lanes * lanes if maps % count == 0 else 0

    return max(_BLOCKS, key=at_work)


def _tile(x: DeviceArray, windows: Shape, size: Pair, stride: Pair) -> Pair:
    """Return how many windows a block has, down and across.

    Pixels that blocks have in common are normalised by each: those tiles are the best of which all together
    have the fewest pixels, if shared memory has room for the responses of one.
    """
    room = SHARED_BY_RIGHT // (x.shape[3] * x.dtype.itemsize)
    return _best_tile(windows[1:3], size, stride, room)


@cache
def _best_tile(windows: Pair, size: Pair, stride: Pair, room: int) -> Pair:
    def pixels(tile: Pair) -> int:
        return prod((own - 1) * step + extent for own, step, extent in zip(tile, stride, size, strict=True))

    def work(tile: Pair) -> int:
        return pixels(tile) * prod(-(-count // own) for count, own in zip(windows, tile, strict=True))

    down, across = (range(1, min(count, _LONGEST) + 1) for count in windows)
    return min((tile for tile in product(down, across) if pixels(tile) <= room), key=work)
