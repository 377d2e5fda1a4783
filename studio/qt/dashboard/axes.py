"""The axes of the plots."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg

from studio.models.curves import Axis
from studio.models.readings import duration

LEVELS = 2
"""Kinds of ticks: the large steps, and those between them."""

WIDTH = 44
"""Of the axis of values, px: fixed, so that plots stay in their places while values change."""

LONG_SPAN = 3.0
"""Decades beyond which a logarithmic axis names powers of ten only."""


class PlaceAxis(pg.AxisItem):  # type: ignore[misc]
    """Along which a run proceeds: steps and epochs as numbers, times as clocks show them."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._axis: Axis = "epoch"
        self.enableAutoSIPrefix(False)

    def set_axis(self, axis: Axis) -> None:
        """Choose what the numbers are."""
        self._axis = axis
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return _two_levels(super().tickValues(low, high, size))

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self._axis == "time":
            return [duration(value) for value in values]
        if self._axis == "step":
            return [f"{value:,.0f}" for value in values]
        return [f"{value:g}" for value in values]


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """Of loss or error. On a logarithmic scale, where it gets logarithms, it names the values themselves."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(WIDTH)
        self.is_log = False
        self.enableAutoSIPrefix(False)

    def set_log(self, on: bool) -> None:
        """Choose whether the values are logarithms to base 10."""
        self.is_log = on
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.is_log:
            return _two_levels(super().tickValues(low, high, size))
        named = (1,) if high - low > LONG_SPAN else (1, 2, 5)
        decades = range(math.floor(low), math.ceil(high) + 1)
        ticks = [decade + math.log10(digit) for decade in decades for digit in named]
        return [(1.0, [tick for tick in ticks if low <= tick <= high])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        shown = np.power(10.0, values) if self.is_log else values
        return [f"{value:.3g}" for value in shown]


def _two_levels(ticks: list[tuple[float, list[float]]]) -> list[tuple[float, list[float]]]:
    return ticks[:LEVELS]
