"""Limits of the norms of weights; the formula and the shapes are in kernels/cpu/filter_norm.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types
from kernels.cuda._launch import address

_THREADS = 256


def update(
    *,
    weights: DeviceArray,
    counters: DeviceArray,
    least: float,
    most: float,
    centred: bool,
    by_place: bool,
    copy: DeviceArray | None = None,
) -> None:
    """Scale the weights in place, and write the ``copy``."""
    maps = weights.shape[-1] if by_place else 1
    units = weights.shape[0] * maps
    stored = weights if copy is None else copy
    kernel = function("filter_norm", "update", **types(stored.dtype), VALUES=weights.size // units, MAPS=maps)
    kernel((units,), (_THREADS,), (weights, address(copy), counters, least, most, centred))
