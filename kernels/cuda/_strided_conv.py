"""How the convolutions of _strided_conv.cu are cut into blocks, and launched."""

from __future__ import annotations

from math import prod

from kernels.arrays import Pair, Shape
from kernels.cuda import _shares
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import Macro, function, types
from kernels.cuda._launch import address, filter_macros
from kernels.cuda._products import ends

_LANES = 32
_CHUNK = 8
_DEPTH = 16
"""Numbers that tensor cores multiply at once."""

_FEW_CHANNELS = 8
_LEAST_FULL = 0.5
"""How much of a filter's cells is numbers, at least."""

_MAPS = 64
"""Of a block of ``forward``."""

_STEP = 2
"""Rows of maps that it has at once; a warp has one."""

_MOST_MAPS = 128
_WIDEST = 64
"""Pixels of a row of maps, at most: a warp has room for their sums."""

_MAPS_OF_WARP = 32
"""And of a block of ``backward_weights``."""

_TILES = 14
"""Of a warp, 8 numbers of a filter's cells each: registers have room for sums and two sets of factors."""

_AHEAD = 3
"""Rows that are on their way to shared memory."""

_MOST_WARPS = 8
"""For which a multiprocessor's registers suffice."""

_MOST_BYTES = 99 << 10
"""Of shared memory that a block of any GPU with bfloat16 may have."""

_MULTIPROCESSORS = 132
"""Of the largest GPUs."""


def fits(
    pictures: Shape, weights: Shape, maps: Shape, *, stride: Pair, padding: Pair, groups: int, dilation: Pair
) -> bool:
    """Whether there are kernels for a convolution, and it is one for which they are made.

    Pairs of numbers are copied at once: none may lie across the side of a picture, or of a cell.
    """
    channels = pictures[3]
    is_plain = groups == 1 and dilation == (1, 1) and max(stride) > 1 and weights[0] % _CHUNK == 0
    is_small = channels < _FEW_CHANNELS and weights[0] <= _MOST_MAPS and maps[2] <= _WIDEST
    in_pairs = all(extent * channels % 2 == 0 for extent in (pictures[2], stride[1], padding[1]))
    if not (is_plain and is_small and in_pairs):
        return False
    is_full = prod(weights[1:]) >= _LEAST_FULL * _of_filter(weights, stride)
    most = max(_forward_bytes(weights, maps, stride), _backward_bytes(weights, maps, stride))
    return is_full and _warps(weights, stride) <= _MOST_WARPS and most <= _MOST_BYTES


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    biases: DeviceArray | None,
    stride: Pair,
    padding: Pair,
    neuron: str,
) -> None:
    """Write the maps; biases are added where there are some, then a ReLU acts if it is the neuron."""
    filters, maps = weights.shape, y.shape
    steps = len(x) * -(-_rows(filters, maps, stride) // _STEP)
    of_block = -(-steps // (2 * _MULTIPROCESSORS))
    warps = _STEP * _MAPS // _MAPS_OF_WARP
    macros = {**_macros(x.shape, filters, maps, stride, padding), **ends(biases, neuron=neuron)}
    shared = _forward_bytes(filters, maps, stride)
    further = {"MAPS": _MAPS, "BLOCKS": _MOST_WARPS // warps, "PITCH": 0, "BYTES": shared}
    kernel = function("_strided_conv", "forward", **types(x.dtype), **macros, **further)
    arguments = (x, weights, address(biases), y, steps, of_block)
    grid = (-(-steps // of_block), -(-len(weights) // _MAPS))
    kernel(grid, (warps * _LANES,), arguments, shared_mem=shared)


def shares(pictures: Shape, weights: Shape, maps: Shape, biases: Shape, stride: Pair) -> Shape:
    """Return the shape of ``shares``: gradients, each summed over some rows of all pictures."""
    rows = pictures[0] * _rows(weights, maps, stride)
    blocks = _MULTIPROCESSORS * (_MOST_WARPS // _warps(weights, stride))
    of_share = -(-rows // max(1, blocks // _blocks_of_gradients(weights)))
    return _shares.shape(-(-rows // of_share), weights, biases)


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    shares: DeviceArray,
    has_biases: bool,
    stride: Pair,
    padding: Pair,
) -> None:
    """Write the shares of the gradients of the filters, and of the biases."""
    filters, maps = dweights.shape, dy.shape
    rows, warps = len(x) * _rows(filters, maps, stride), _warps(filters, stride)
    shared = _backward_bytes(filters, maps, stride)
    macros = {
        **_macros(x.shape, filters, maps, stride, padding),
        "MAPS": _MAPS_OF_WARP,
        "BIASES": int(has_biases),
        "RELU": 0,
        "BLOCKS": _MOST_WARPS // warps,
        "PITCH": shares.shape[1],
        "BYTES": shared,
    }
    kernel = function("_strided_conv", "backward_weights", **types(x.dtype), **macros)
    arguments = (x, dy, shares, rows, -(-rows // len(shares)))
    grid = (len(shares), _blocks_of_gradients(filters))
    kernel(grid, (warps * _LANES,), arguments, shared_mem=shared)


def _macros(pictures: Shape, weights: Shape, maps: Shape, stride: Pair, padding: Pair) -> dict[str, Macro]:
    size = weights[1], weights[2]
    macros = filter_macros(pictures, maps, size=size, stride=stride, padding=padding)
    return {**macros, "TILES": _TILES, "AHEAD": _AHEAD}


def _cell(channels: int, stride: Pair) -> int:
    """Return how many numbers a cell has."""
    return -(-prod(stride) * channels // _DEPTH) * _DEPTH


def _taps(weights: Shape, stride: Pair) -> Pair:
    """Return how many cells filters have, down and across."""
    return -(-weights[1] // stride[0]), -(-weights[2] // stride[1])


def _rows(weights: Shape, maps: Shape, stride: Pair) -> int:
    """Return how many rows of cells pictures have."""
    return maps[1] + _taps(weights, stride)[0] - 1


def _of_filter(weights: Shape, stride: Pair) -> int:
    """Return how many numbers a filter's cells have."""
    return prod(_taps(weights, stride)) * _cell(weights[3], stride)


def _warps(weights: Shape, stride: Pair) -> int:
    """Return how many warps a block of gradients has."""
    return -(-_of_filter(weights, stride) // _CHUNK // _TILES)


def _blocks_of_gradients(weights: Shape) -> int:
    return -(-weights[0] // _MAPS_OF_WARP)


def _row(weights: Shape, maps: Shape, stride: Pair) -> int:
    """Return how many numbers a row of cells takes in shared memory."""
    cells = _pixels(maps) + _taps(weights, stride)[1] - 1
    return cells * (_cell(weights[3], stride) + _CHUNK)


def _pixels(maps: Shape) -> int:
    return -(-maps[2] // _DEPTH) * _DEPTH


def _forward_bytes(weights: Shape, maps: Shape, stride: Pair) -> int:
    """Return the bytes of shared memory: filters, and rows of cells."""
    rows = _taps(weights, stride)[0] - 1 + 2 * _STEP
    return 2 * (_MAPS * (_of_filter(weights, stride) + _CHUNK) + rows * _row(weights, maps, stride))


def _backward_bytes(weights: Shape, maps: Shape, stride: Pair) -> int:
    """Return the bytes of shared memory: rows of cells and of gradients, and then the sums of all warps."""
    cells = (_taps(weights, stride)[0] + _AHEAD) * _row(weights, maps, stride)
    gradients = (1 + _AHEAD) * _pixels(maps) * (_MAPS_OF_WARP + _CHUNK)
    return max(2 * (cells + gradients), 4 * _MAPS_OF_WARP * (_of_filter(weights, stride) + _CHUNK))
