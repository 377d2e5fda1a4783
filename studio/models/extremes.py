"""The least and the largest values of a growing column by blocks, so that long curves are thinned quickly."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.curves import Column

BLOCK: Final = 128
"""Points of a block."""


class Extremes:
    """``low`` and ``high`` of each block, the last one begun; NaN where a block holds no finite value."""

    def __init__(self) -> None:
        self._low, self._high = np.empty(8), np.empty(8)
        self._length = 0

    @property
    def low(self) -> Column:
        """The least finite value of each block."""
        return self._low[: self._length]

    @property
    def high(self) -> Column:
        """The largest finite value of each block."""
        return self._high[: self._length]

    def follow(self, low: Column, high: Column, start: int) -> None:
        """Take in the extremes of points, of which those from ``start`` on are new."""
        first = start // BLOCK
        self._length = -(-len(low) // BLOCK)
        if self._length > len(self._low):
            self._low, self._high = (np.resize(old, 2 * self._length) for old in (self._low, self._high))
        begin = first * BLOCK
        if begin >= len(low):
            return
        edges = np.arange(0, len(low) - begin, BLOCK)
        self._low[first : self._length] = np.fmin.reduceat(_finite(low[begin:]), edges)
        self._high[first : self._length] = np.fmax.reduceat(_finite(high[begin:]), edges)


def _finite(values: Column) -> Column:
    return np.where(np.isfinite(values), values, np.nan)
