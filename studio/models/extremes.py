"""The least and the largest values of a growing column by blocks, so that long curves are thinned quickly."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

BLOCK: Final = 128
"""Rows of a block."""


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

    def follow(self, column: Column, start: int) -> None:
        """Take in a column whose rows from ``start`` on are new."""
        first = start // BLOCK
        self._length = -(-len(column) // BLOCK)
        if self._length > len(self._low):
            self._low, self._high = (np.resize(old, 2 * self._length) for old in (self._low, self._high))
        fresh = column[first * BLOCK :]
        if not len(fresh):
            return
        finite = np.where(np.isfinite(fresh), fresh, np.nan)
        edges = np.arange(0, len(fresh), BLOCK)
        self._low[first : self._length] = np.fmin.reduceat(finite, edges)
        self._high[first : self._length] = np.fmax.reduceat(finite, edges)
