"""The axes of the plots."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg

from studio.models.curves import Axis
from studio.models.readings import duration

WIDTH = 44
"""Of the axis of values, px: fixed, so that plots stay in their places while values change."""

AIR = (0, 8, 24, 0)
"""Left, above, right and below a plot with its axes, px: room for half a label at the ends."""

ROOM_ACROSS, ROOM_UP = 64, 28
"""Pixels from one tick to the next, at least."""

LONG_SPAN = 3.0
"""Decades beyond which a logarithmic axis names powers of ten only."""

SHORT_SPAN = 1.0
"""Decades below which it names round values, as many as there is room for."""

_MINUTE, _HOUR = 60.0, 3600.0
_CLOCK_STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 6)),
)


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
        least = (high - low) * ROOM_ACROSS / max(size, ROOM_ACROSS)
        if self._axis == "time":
            step = next((step for step in _CLOCK_STEPS if step >= least), _decimal_step(least))
        else:
            step = _decimal_step(least)
        return _ticks(low, high, max(step, 1.0) if self._axis != "epoch" else step)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self._axis == "time":
            return [duration(value) for value in values]
        if self._axis == "step":
            return [f"{value:,.0f}" for value in values]
        return [f"{value:,g}" for value in values]


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
            return _ticks(low, high, _decimal_step((high - low) * ROOM_UP / max(size, ROOM_UP)))
        if high - low < SHORT_SPAN:
            bottom, top = 10.0**low, 10.0**high
            [(_, values)] = _ticks(bottom, top, _decimal_step((top - bottom) * ROOM_UP / max(size, ROOM_UP)))
            return [(1.0, [math.log10(value) for value in values if value > 0])]
        named = (1,) if high - low > LONG_SPAN else (1, 2, 5)
        decades = range(math.floor(low), math.ceil(high) + 1)
        ticks = [decade + math.log10(digit) for decade in decades for digit in named]
        return [(1.0, [tick for tick in ticks if low <= tick <= high])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        shown = np.power(10.0, values) if self.is_log else values
        return [_short(float(value)) for value in shown]


def _short(value: float) -> str:
    """Return a value in little room: 2,500 and 50k are read more quickly than 2.5e+03 and 5e+04."""
    if not 1e3 <= abs(value) < 1e9:
        return f"{value:.3g}"
    if abs(value) < 1e4:
        return f"{value:,.0f}"
    return f"{value / 1e3:.4g}k" if abs(value) < 1e6 else f"{value / 1e6:.4g}M"


def _decimal_step(least: float) -> float:
    """Return 1, 2 or 5 times a power of ten, from ``least`` up."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(digit * unit for digit in (1, 2, 5, 10) if digit * unit >= least * (1 - 1e-9))


def _ticks(low: float, high: float, step: float) -> list[tuple[float, list[float]]]:
    """Return the multiples of ``step`` in a range, in the form that pyqtgraph wants."""
    slack = 1e-9 * step
    return [
        (
            step,
            [n * step for n in range(math.ceil((low - slack) / step), math.floor((high + slack) / step) + 1)],
        )
    ]
