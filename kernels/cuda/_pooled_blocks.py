"""How the maps of pooled_conv.cu are cut into blocks, and what these take of shared memory."""

from __future__ import annotations

from functools import cache
from math import prod

from kernels.arrays import Pair, Shape

MAPS = 64
"""Of a block."""

_CHUNK = 8
_OVERHEAD = 64
"""Pixels that take as long as what a block does for each tile beside its pixels."""

_MOST_PIXELS = 192
_MOST_DEPTH = 128
"""Of a patch as it lies in shared memory: a warp holds sums for all of it."""

_MOST_BYTES = 96 << 10
"""Of shared memory that a block of any GPU with bfloat16 may have."""

BLOCKS = 264
"""Two for each multiprocessor of the largest GPUs, which is as many as work on gradients at once."""

FORWARD_BLOCKS = 396


def fits(
    weights: Shape, pooled: Shape, *, maps: Pair, stride: Pair, pool_size: Pair, pool_stride: Pair
) -> bool:
    """Whether there are kernels for such filters and windows: they are for few channels and small windows."""
    is_shallow = weights[0] % _CHUNK == 0 and _depth(weights) <= _MOST_DEPTH
    if not is_shallow or not _is_small(pool_size):
        return False
    images, rows, columns, _ = pooled
    block = pixels(tile(images, (rows, columns), pool_size, pool_stride), pool_size, pool_stride)
    most = max(forward_bytes(weights, block, stride), backward_bytes(weights, tile(images, maps), stride))
    return most <= _MOST_BYTES


@cache
def tile(images: int, extents: Pair, size: Pair = (1, 1), stride: Pair = (1, 1)) -> Pair:
    """Return how many windows a block has at once, down and across: those that take the least time in all.

    Windows of one pixel are the pixels of the maps themselves.
    """
    tiles = ((down, across) for down in range(1, extents[0] + 1) for across in range(1, extents[1] + 1))

    def time(tile: Pair) -> int:
        turns = -(-images * count(extents, tile) // BLOCKS)
        return turns * (prod(pixels(tile, size, stride)) + _OVERHEAD)

    return min((tile for tile in tiles if _is_small(pixels(tile, size, stride))), key=time)


def pixels(windows: Pair, size: Pair, stride: Pair) -> Pair:
    """Return how many pixels windows cover, down and across."""
    return (windows[0] - 1) * stride[0] + size[0], (windows[1] - 1) * stride[1] + size[1]


def count(extents: Pair, tile: Pair) -> int:
    """Return how many tiles there are of a picture."""
    return -(-extents[0] // tile[0]) * -(-extents[1] // tile[1])


def forward_bytes(weights: Shape, block: Pair, stride: Pair) -> int:
    """Return the bytes of shared memory: filters, lines and, as sums, the maps' pixels."""
    rows = MAPS * (_depth(weights) + _CHUNK) + _lines(weights, block, stride)
    return 2 * rows + 4 * prod(block) * (MAPS + _CHUNK)


def backward_bytes(weights: Shape, block: Pair, stride: Pair) -> int:
    """Return the bytes of shared memory: lines and gradients of pixels, and then the sums of all warps."""
    rows = _lines(weights, block, stride) + -(-prod(block) // 16) * 16 * (MAPS + _CHUNK)
    return max(2 * rows, 4 * MAPS * (_depth(weights) + 4))


def _is_small(block: Pair) -> bool:
    return prod(block) <= _MOST_PIXELS


def _line(weights: Shape) -> int:
    """Return how many numbers a line has: a row of a patch, a one, and zeros up to a multiple of 16."""
    return (weights[2] * weights[3] + 16) // 16 * 16


def _depth(weights: Shape) -> int:
    return weights[1] * _line(weights)


def _lines(weights: Shape, block: Pair, stride: Pair) -> int:
    """Return how many numbers the lines of a block take in shared memory."""
    down = (block[0] - 1) * stride[0] + weights[1]
    return down * block[1] * (_line(weights) + _CHUNK)
