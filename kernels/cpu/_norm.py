"""Sums over windows that slide along axes, and the response normalisation that all its kinds share.

    y = u · d^−power,    d = minimum + share · Σ v² over a window around u

with v = u for normalisation of responses, and v = u − its local mean for that of contrast.
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._window import taps


def window_sums(values: Floats, size: int, axes: tuple[int, ...], *, transposed: bool = False) -> Floats:
    """Return the sum around each value over ``size`` places along each of ``axes``, clipped to the array.

    A window begins ⌊size / 2⌋ places before its value. ``transposed`` gives each value the sum over all
    windows that it lies in.
    """
    for axis in axes:
        extent = values.shape[axis]
        sums = np.zeros_like(values)
        for seen, windows in taps(extent, extent, size, 1, -(size // 2)):
            before = (slice(None),) * axis
            source, target = (windows, seen) if transposed else (seen, windows)
            sums[(*before, target)] += values[(*before, source)]
        values = sums
    return values


def block_sums(values: Floats, size: int) -> Floats:
    """Return for each value the sum over its block of ``size`` channels; the last block may be smaller."""
    channels = values.shape[-1]
    starts = np.arange(0, channels, size)
    sums: Floats = np.repeat(np.add.reduceat(values, starts, axis=-1), size, axis=-1)[..., :channels]
    return sums


def respond(u: Floats, denominators: Floats, power: float, y: Floats) -> None:
    """Write the normalised responses ``y``."""
    np.power(denominators, -power, out=y)
    np.multiply(y, u, out=y)


def pull(u: Floats, denominators: Floats, dy: Floats, power: float) -> tuple[Floats, Floats]:
    """Return the gradients of the responses with the denominators held, and −1/power that of these."""
    direct = dy * denominators**-power
    return direct, direct * u / denominators
