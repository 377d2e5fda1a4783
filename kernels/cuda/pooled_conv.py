"""A first convolution, ReLU and max pooling, in bfloat16; what they are, kernels/cpu/pooled_conv.py says."""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cuda import _pooled_blocks as cut
from kernels.cuda import _shares
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types
from kernels.cuda._launch import filter_macros, pair_macros


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    biases: DeviceArray,
    z: DeviceArray,
    winners: DeviceArray,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the pooled maps and the winners."""
    pooled = z.shape[1], z.shape[2]
    tile = cut.tile(len(x), pooled, pool_size, pool_stride)
    block = cut.pixels(tile, pool_size, pool_stride)
    macros = {
        **_macros(x.shape, weights.shape, z.shape, maps=maps, stride=stride, padding=padding),
        **_pool_macros(pool_size, pool_stride, pool_start),
        **_block_macros(block, tile),
        "PITCH": 0,
    }
    tiles = len(x) * cut.count(pooled, tile)
    grid = (min(tiles, cut.FORWARD_BLOCKS), -(-len(weights) // cut.MAPS))
    kernel = function("pooled_conv", "forward", **types(x.dtype), **macros)
    shared = cut.forward_bytes(weights.shape, block, stride)
    kernel(grid, (BLOCK,), (x, weights, biases, z, winners, tiles), shared_mem=shared)


def backward_weights(
    *,
    x: DeviceArray,
    winners: DeviceArray,
    dz: DeviceArray,
    dweights: DeviceArray,
    dbiases: DeviceArray,
    shares: DeviceArray,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the gradients of the filters and of the biases."""
    block = cut.tile(len(x), maps)
    macros = {
        **_macros(x.shape, dweights.shape, dz.shape, maps=maps, stride=stride, padding=padding),
        **_pool_macros(pool_size, pool_stride, pool_start),
        **_block_macros(block, (1, 1)),
        "PITCH": shares.shape[1],
    }
    grid = (len(shares), -(-len(dweights) // cut.MAPS))
    kernel = function("pooled_conv", "backward_weights", **types(x.dtype), **macros)
    shared = cut.backward_bytes(dweights.shape, block, stride)
    arrays = (x, winners, dz, shares)
    kernel(grid, (BLOCK,), (*arrays, len(x) * cut.count(maps, block)), shared_mem=shared)
    _shares.sum_up(shares=shares, dweights=dweights, dbiases=dbiases)


def backward_weights_workspace(shapes: dict[str, Shape], *, maps: Pair, **_: object) -> dict[str, Shape]:
    """Return the shape of ``shares``: gradients, each summed over some of the pixels."""
    images = shapes["x"][0]
    tiles = images * cut.count(maps, cut.tile(images, maps))
    turns = -(-tiles // cut.BLOCKS)
    return {"shares": _shares.shape(-(-tiles // turns), shapes["dweights"], shapes["dbiases"])}


def _macros(
    pictures: Shape, weights: Shape, pooled: Shape, *, maps: Pair, stride: Pair, padding: Pair
) -> dict[str, int]:
    shape, size = (pictures[0], *maps, weights[0]), (weights[1], weights[2])
    macros = filter_macros(pictures, shape, size=size, stride=stride, padding=padding)
    return macros | pair_macros("POOLED", (pooled[1], pooled[2]))


def _pool_macros(size: Pair, stride: Pair, start: Pair) -> dict[str, int]:
    return {
        **pair_macros("POOL", size),
        **pair_macros("POOL_STRIDE", stride),
        **pair_macros("POOL_START", start),
    }


def _block_macros(block: Pair, tile: Pair) -> dict[str, int]:
    return {"ROWS": block[0], "COLUMNS": block[1], **pair_macros("TILE", tile)}
