"""How normalisation with its pool (cmrnorm_max_pool.cu) is cut into pieces, and when it has kernels."""

from __future__ import annotations

from functools import cache
from itertools import product
from math import prod

from kernels.arrays import Pair
from kernels.cuda._compile import SHARED_BY_RIGHT

BLOCKS = {8: 4, 12: 3}
"""How many maps of a pixel a thread may have; and how many blocks of ``backward`` a multiprocessor is then to
have room for, if numbers are short: it waits for memory, and more threads with fewer registers are quicker.
"""

LANES = 32
_LONGEST = 64
"""Windows along a side of a block's tile, at most."""


def fits(maps: int, size: int, window: Pair, item_bytes: int) -> bool:
    """Whether there are kernels: lanes hand on to neighbours alone, and a block has room for a window.

    ``size`` maps are normalised together, of ``maps`` of a pixel; pooling windows are ``window`` pixels.
    """
    fewest = min(BLOCKS)
    is_whole = maps % fewest == 0 and maps <= fewest * LANES and size // 2 <= fewest
    return is_whole and prod(window) * maps * item_bytes <= SHARED_BY_RIGHT


@cache
def maps_of_thread(maps: int) -> int:
    """Return how many maps of a pixel a thread has, so that the most lanes of a warp have some."""

    def at_work(count: int) -> int:
        lanes = maps // count
        return LANES // lanes * lanes if maps % count == 0 else 0

    return max(BLOCKS, key=at_work)


@cache
def tile(windows: Pair, size: Pair, stride: Pair, pixel_bytes: int) -> Pair:
    """Return how many windows a block has, down and across.

    Pixels that blocks have in common are normalised by each: those tiles are the best of which all together
    have the fewest pixels, if shared memory has room for the responses of one.
    """

    def pixels(tile: Pair) -> int:
        return prod((own - 1) * step + extent for own, step, extent in zip(tile, stride, size, strict=True))

    def work(tile: Pair) -> int:
        return pixels(tile) * prod(-(-count // own) for count, own in zip(windows, tile, strict=True))

    down, across = (range(1, min(count, _LONGEST) + 1) for count in windows)
    tiles = product(down, across)
    return min((tile for tile in tiles if pixels(tile) * pixel_bytes <= SHARED_BY_RIGHT), key=work)
