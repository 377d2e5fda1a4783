"""Counts what pictures hold, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.dataset import Pictures, in_parts


@dataclass(frozen=True)
class ValueRange:
    """Lowest, highest and mean value of some pictures."""

    low: int
    high: int
    mean: float


def value_range(pictures: Pictures) -> ValueRange:
    """Return the range of the values of ``pictures``, at least one."""
    low, high, total, count = 255, 0, 0, 0
    for part in in_parts(pictures):
        low, high = min(low, int(part.min())), max(high, int(part.max()))
        total += int(part.sum(dtype=np.int64))
        count += part.size
    return ValueRange(low, high, total / count)
