"""Windows that slide over pictures: which pixels each of them sees.

N pictures, H height, W width, C channels; P × Q windows of h × w pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from numpy.lib.stride_tricks import as_strided

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu._pieces import PIECE, pieces


def windows(pictures: Floats, places: Pair, size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Floats:
    """Return the view (N, P, Q, h, w, C) of ``pictures`` (N, H, W, C) in which windows share their pixels."""
    images, _, _, channels = pictures.shape
    image, row, column, channel = pictures.strides
    return as_strided(
        pictures,
        (images, *places, *size, channels),
        (image, row * stride[0], column * stride[1], row * dilation[0], column * dilation[1], channel),
    )


def span(places: int, size: int, stride: int, dilation: int = 1) -> int:
    """Return how many pixels ``places`` windows cover along one axis."""
    return (places - 1) * stride + (size - 1) * dilation + 1


def taps(extent: int, places: int, size: int, stride: int, start: int) -> Iterator[tuple[slice, slice]]:
    """Yield, for each place i in a window, the pixels and the windows that it joins along one axis.

    Pixel p·stride + i + start is seen by window p; pixels outside 0 … ``extent`` − 1 are left out.
    """
    for offset in range(start, start + size):
        first = max(0, -(offset // stride))
        last = max(first, min(places, -((offset - extent) // stride)))
        pixels = slice(first * stride + offset, max(0, (last - 1) * stride + offset + 1), stride)
        yield pixels, slice(first, last)


def image_groups(pictures: Shape) -> Iterator[slice]:
    """Yield groups of ``pictures`` (N, H, W, C) that stay in the cache while the taps pass over them."""
    return pieces(pictures[0], max(1, PIECE // prod(pictures[1:])))
