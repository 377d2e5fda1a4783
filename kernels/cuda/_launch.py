"""Sizes of launches, and the macros that tell kernels the geometry."""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types

_WIDEST = 16
"""Bytes that a thread loads at once, at most."""


def pack(array: DeviceArray, channels: int) -> int:
    """Return how many elements of ``array`` a thread can take at once, of rows of ``channels``."""
    count: int = _WIDEST // array.dtype.itemsize
    while channels % count:
        count //= 2
    return count


def window_macros(
    pictures: DeviceArray, maps: DeviceArray, size: Pair, stride: Pair, start: Pair
) -> dict[str, int]:
    """Return the macros of _window.cuh for ``pictures`` (N, H, W, C) and ``maps`` (N, P, Q, …)."""
    channels = pictures.shape[3]
    return {
        **picture_macros(pictures.shape),
        "V": pack(pictures, channels),
        **pair_macros("SIZE", size),
        **pair_macros("STRIDE", stride),
        **pair_macros("START", start),
        "P": maps.shape[1],
        "Q": maps.shape[2],
    }


def launch_windows(
    kernel: tuple[str, str],
    windows: tuple[DeviceArray, DeviceArray, Pair, Pair, Pair],
    each: DeviceArray,
    pointers: tuple[DeviceArray | int, ...],
    *rest: bool,
    **further: int,
) -> None:
    """Launch a kernel of _window.cuh, given by its family and name, on all groups of channels of ``each``.

    ``windows`` are pictures, maps, size, stride and start; ``further`` are macros of the kernel's own. How
    many groups there are goes after the pointers.
    """
    macros = {**window_macros(*windows), **further}
    groups = each.size // macros["V"]
    found = function(*kernel, **types(each.dtype), **macros)
    found(blocks(groups), (BLOCK,), (*pointers, groups, *rest))


def picture_macros(shape: Shape) -> dict[str, int]:
    """Return the macros H, W and C of pictures (N, H, W, C)."""
    _, height, width, channels = shape
    return {"H": height, "W": width, "C": channels}


def filter_macros(
    pictures: Shape, maps: Shape, *, size: Pair, stride: Pair, padding: Pair, groups: int = 1
) -> dict[str, int]:
    """Return the macros of filters of a ``size`` that make ``maps`` (N, P, Q, F) of pictures (N, H, W, C)."""
    return {
        **picture_macros(pictures),
        "P": maps[1],
        "Q": maps[2],
        "F": maps[3],
        **pair_macros("SIZE", size),
        **pair_macros("STRIDE", stride),
        **pair_macros("PADDING", padding),
        "GROUPS": groups,
    }


def pair_macros(name: str, pair: Pair) -> dict[str, int]:
    """Return the macros for a vertical and a horizontal number."""
    return {f"{name}_H": pair[0], f"{name}_W": pair[1]}


def address(array: DeviceArray | None) -> DeviceArray | int:
    """Return what a kernel takes as the pointer to an array that may be left out."""
    return 0 if array is None else array
