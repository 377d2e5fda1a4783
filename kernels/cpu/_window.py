"""Windows that slide over pictures: which pixels each of them sees.

N pictures, H height, W width, C channels; P × Q windows of h × w pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from numpy.lib.stride_tricks import as_strided

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._pieces import PIECE, pieces

Region = tuple[slice, slice, slice]
"""A region of (N, rows, columns, C) for all N and C."""


def windows(pictures: Floats, places: Pair, size: Pair, stride: Pair) -> Floats:
    """Return the view (N, P, Q, h, w, C) of ``pictures`` (N, H, W, C) in which windows share their pixels."""
    images, _, _, channels = pictures.shape
    image, row, column, channel = pictures.strides
    return as_strided(
        pictures,
        (images, *places, *size, channels),
        (image, row * stride[0], column * stride[1], row, column, channel),
    )


def span(places: int, size: int, stride: int) -> int:
    """Return how many pixels ``places`` windows cover along one axis."""
    return (places - 1) * stride + size


def taps(
    picture: Shape, maps: Shape, size: Pair, stride: Pair, start: Pair
) -> Iterator[tuple[Region, Region]]:
    """Yield, for each place (i, j) in a window, the regions of ``picture`` and of ``maps`` that it joins.

    ``picture`` (N, H, W, C) and ``maps`` (N, P, Q, C) are shapes. The regions are of one size: pixel
    (p·stride + i + start, …) of the first is seen by window (p, q) of the second. Pixels outside the picture
    are left out.
    """
    for i in range(size[0]):
        rows = _tap(picture[1], maps[1], stride[0], start[0] + i)
        for j in range(size[1]):
            columns = _tap(picture[2], maps[2], stride[1], start[1] + j)
            yield (slice(None), rows[0], columns[0]), (slice(None), rows[1], columns[1])


def _tap(extent: int, places: int, stride: int, offset: int) -> tuple[slice, slice]:
    """Return the pixels p·stride + offset inside 0 … extent − 1, and their windows p, along one axis."""
    first = max(0, -(offset // stride))
    last = max(first, min(places, -((offset - extent) // stride)))
    return slice(first * stride + offset, max(0, last * stride + offset), stride), slice(first, last)


def image_groups(pictures: Shape) -> Iterator[slice]:
    """Yield groups of ``pictures`` (N, H, W, C) that stay in the cache while the taps pass over them."""
    return pieces(pictures[0], max(1, PIECE // prod(pictures[1:])))
