"""Curves of loss and error, thinned to what a plot can show."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.curves import FIGURES, SPLITS, Column
from engine.protocol.messages import Split
from studio.models.close_up import CloseUp
from studio.models.extremes import BLOCK, Extremes
from studio.models.metrics import MetricTable
from studio.models.run import RunModel

Quantity = str
"""What a plot shows: "loss", "error", "rate", "speed", or one of the costs' further figures."""

Axis = Literal["epoch", "step", "time"]

BUCKETS = 1_000
"""Most groups of neighbouring rows of a drawn line; each gives its least and its largest value."""

MANY = 32 * BUCKETS
"""Rows from which a curve is thinned by blocks."""

SMOOTHINGS = (0.0, 0.003, 0.01, 0.03, 0.1)
"""Shares of the run that a running mean of the training curve may cover."""

SMOOTHING = 0.01
"""The share that it covers until another one is chosen."""

LEAST_WINDOW = 3
"""Fewest rows that a running mean covers."""


ROUND_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where a growing axis may end, times a power of ten."""

LATE = 8
"""Distances from one row to the next after which the first one is that of a run that did not begin at 0."""

MARKS = 20
"""Most symbols on a line."""

OUTLIERS = 0.03
"""Share of the points of a curve, the largest ones, that may lie above a scale: first steps and spikes."""


@dataclass(frozen=True)
class Curve:
    """Points of a line; NaN in ``y`` is a gap. ``error`` is a fraction."""

    x: Column
    y: Column

    def marks(self) -> Curve:
        """Return some of the points, evenly spaced and with the last one, to be marked by symbols."""
        stride = -(-len(self.x) // MARKS) or 1
        return Curve(self.x[::-1][::stride], self.y[::-1][::stride])


def usual_top(curves: Iterable[Curve]) -> float:
    """Return where a scale that begins at 0 should end, so that few points of any curve lie above it."""
    tops = [np.quantile(y, 1 - OUTLIERS) for curve in curves if len(y := curve.y[np.isfinite(curve.y)])]
    return float(max(tops, default=0.0)) or 1.0


def round_end(value: float) -> float:
    """Return a round number from ``value`` up, at most half as large again, so that a growing axis rests."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in ROUND_STEPS if step * unit >= value * (1 - 1e-9))


NOTHING = Curve(np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Reading:
    """The rows of all splits nearest to a place of a plot."""

    step: int
    epoch: float | None
    seconds: float
    values: dict[tuple[Split, Quantity], float]


class Curves:
    """The curves of a run over one axis: passes over the training split, steps, or seconds of training."""

    def __init__(self, run: RunModel) -> None:
        self._run = run
        self.close_up = CloseUp(run)
        self.axis: Axis = "epoch"
        self.smoothing = SMOOTHING

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What can be shown."""
        return ("loss", "error", *self._run.record.metrics.further, "rate", "speed")

    def place_of(self, step: int) -> float | None:
        """Return where a step lies on the axis; None where its time is not known."""
        if self.axis == "time":
            table = self._run.record.metrics["train"]
            row = int(np.searchsorted(table.column("step"), step))
            return float(table.column("seconds")[min(row, len(table) - 1)]) if len(table) else None
        per_epoch = self._run.record.steps_per_epoch if self.axis == "epoch" else None
        return step / per_epoch if per_epoch else float(step)

    def _scale(self) -> float:
        """What the column of the axis is multiplied by: epochs are steps as long as they are unknown."""
        per_epoch = self._run.record.steps_per_epoch if self.axis == "epoch" else None
        return 1.0 / per_epoch if per_epoch else 1.0

    def _column(self, table: MetricTable) -> Column:
        """The column that the axis shows, before it is scaled."""
        return table.column("seconds" if self.axis == "time" else "step")

    def look_at(self, low: float, high: float) -> None:
        """See to it that what lies between two places of the axis is as fine as can be seen."""
        self.close_up.look(*self._steps(low, high), self._window())

    def _steps(self, low: float, high: float) -> tuple[float, float]:
        """Steps at two places of the axis; on that of time those of the rows after them."""
        scale, table = self._scale(), self._run.record.metrics["train"]
        if self.axis != "time" or not len(table) or not np.isfinite((low, high)).all():
            return low / scale, high / scale
        rows = np.searchsorted(table.column("seconds"), (low, high))
        first, last = table.column("step")[np.clip(rows - (1, 0), 0, len(table) - 1)]
        return float(first), float(last)

    def _table(self, split: Split, low: float, high: float) -> MetricTable:
        """The points between two places of the axis, as fine as there are any."""
        if not np.isfinite((low, high)).all():
            return self._run.record.metrics[split]
        return self.close_up.table(split, *self._steps(low, high))

    def raw(self, split: Split, quantity: Quantity, low: float = -np.inf, high: float = np.inf) -> Curve:
        """Return the rows between two places of the axis, thinned so that no peak is lost.

        Rates and speeds, of which one is like the next, are thinned to means.
        """
        table, scale = self._table(split, low, high), self._scale()
        column = self._column(table)
        start, stop = _visible(column, low / scale, high / scale)
        if quantity in FIGURES:
            if stop - start > MANY:
                return _thin_blocks(column, table.extremes[quantity], start, stop, scale)
            if not table.is_whole(start, stop):
                ends = (table.column(quantity + end)[start:stop] for end in ("_low", "_high"))
                return _thin_pairs(column[start:stop] * scale, *(_finite(end) for end in ends))
        stride = max(1, (stop - start) // (2 * BUCKETS)) if quantity in ("rate", "speed") else 1
        rows = slice(start, stop, stride)
        return _thin(column[rows] * scale, _finite(self._values(split, table, quantity, rows)))

    def _values(self, split: Split, table: MetricTable, quantity: Quantity, rows: slice) -> Column:
        if quantity in ("rate", "speed") and split != "train":
            return np.full(len(table.column("step")[rows]), np.nan)
        if quantity == "rate":
            return table.column("learning_rate")[rows]
        if quantity == "speed":
            return _speed(table, rows)
        return table.column(quantity)[rows]

    def smooth(self, split: Split, quantity: Quantity, low: float = -np.inf, high: float = np.inf) -> Curve:
        """Return the running mean between two places of the axis."""
        if quantity not in FIGURES or not self.smoothing:
            return self.raw(split, quantity, low, high)
        table, scale = self._table(split, low, high), self._scale()
        column, steps = self._column(table), table.column("step")
        start, stop = _visible(column, low / scale, high / scale)
        points = np.unique(np.linspace(start, stop - 1, min(BUCKETS, stop - start)).astype(np.intp))
        if not len(points):
            return NOTHING
        before = np.searchsorted(steps, steps[points] - self._window(), side="right") - 1
        starts = np.minimum(before, points - LEAST_WINDOW)
        return Curve(column[points] * scale, table.mean_over(quantity, points, starts))

    @property
    def end(self) -> float:
        """Place of the newest row; 0 while there is none."""
        tables = (self._run.record.metrics[split] for split in SPLITS)
        newest = (float(self._column(table)[-1]) for table in tables if len(table))
        return self._scale() * max(newest, default=0.0)

    @property
    def begin(self) -> float:
        """Place where a plot begins: 0, or the first row of a run that began with another one's checkpoint.

        Such a run shows by having no rows for far longer than from one to the next.
        """
        table = self._run.record.metrics["train"]
        steps = table.column("step")
        is_late = len(steps) > 1 and steps[0] > LATE * (steps[1] - steps[0])
        return self._scale() * float(self._column(table)[0]) if is_late else 0.0

    def reading(self, place: float) -> Reading | None:
        """Return the values nearest to a place of the axis; None while there are none."""
        table = self._run.record.metrics["train"]
        if not len(table):
            return None
        scale = self._scale()
        row = _nearest(self._column(table), place / scale)
        values: dict[tuple[Split, Quantity], float] = {}
        for split in SPLITS:
            found = self._table(split, place, place)
            if len(found):
                at = _nearest(self._column(found), place / scale)
                for quantity in self.quantities:
                    value = float(self._values(split, found, quantity, slice(at, at + 1, 1))[0])
                    if quantity in FIGURES or np.isfinite(value):
                        values[split, quantity] = value
        step, per_epoch = int(table.column("step")[row]), self._run.record.steps_per_epoch
        epoch = step / per_epoch if per_epoch else None
        return Reading(step, epoch, float(table.column("seconds")[row]), values)

    def newest(self) -> Reading | None:
        """Return the newest values of all splits."""
        return self.reading(np.inf)

    def _window(self) -> float:
        """Steps of the running mean: a share of the run so far, so that it looks the same at any time."""
        steps = self._run.record.metrics["train"].column("step")
        return self.smoothing * float(steps[-1]) if len(steps) else 0.0


def _speed(table: MetricTable, rows: slice) -> Column:
    """Training examples a second between each of ``rows`` and the one before; NaN for the first of all."""
    before = max(0, rows.start - rows.step)
    seconds = np.diff(table.column("seconds")[before : rows.stop : rows.step])
    examples = np.diff(table.column("examples")[before : rows.stop : rows.step]).astype(np.float64)
    speed = np.divide(examples, seconds, out=np.full(len(seconds), np.nan), where=seconds > 0)
    count = len(range(rows.start, rows.stop, rows.step))
    return np.concatenate((np.full(count - len(speed), np.nan), speed)) if len(speed) < count else speed


def _thin_blocks(column: Column, extremes: Extremes, start: int, stop: int, scale: float) -> Curve:
    """Thin rows of which there are so many that whole blocks are a pixel wide at most."""
    first, last = start // BLOCK, -(-stop // BLOCK)
    edges = np.linspace(0, last - first, min(BUCKETS, last - first), endpoint=False).astype(np.intp)
    thin = np.empty((len(edges), 2))
    thin[:, 0] = np.fmin.reduceat(extremes.low[first:last], edges)
    thin[:, 1] = np.fmax.reduceat(extremes.high[first:last], edges)
    return Curve(np.repeat(column[(edges + first) * BLOCK] * scale, 2), thin.ravel())


def _finite(values: Column) -> Column:
    return np.where(np.isfinite(values), values, np.nan)


def _visible(x: Column, low: float, high: float) -> tuple[int, int]:
    """Rows between two places, and one more on each side, so that lines reach the plot's edge."""
    start, stop = int(np.searchsorted(x, low)), int(np.searchsorted(x, high, side="right"))
    return max(0, start - 1), min(len(x), stop + 1)


def _thin(x: Column, y: Column) -> Curve:
    return Curve(x, y) if len(x) <= 2 * BUCKETS else _thin_pairs(x, y, y)


def _thin_pairs(x: Column, low: Column, high: Column) -> Curve:
    """Thin points that have a least and a largest value each; both are points of the line."""
    edges: NDArray[np.intp] = np.linspace(0, len(x), min(BUCKETS, len(x)), endpoint=False).astype(np.intp)
    thin = np.empty((len(edges), 2))
    thin[:, 0], thin[:, 1] = np.fmin.reduceat(low, edges), np.fmax.reduceat(high, edges)
    return Curve(np.repeat(x[edges], 2), thin.ravel())


def _nearest(x: Column, place: float) -> int:
    after = int(np.searchsorted(x, place))
    if after == 0:
        return 0
    if after == len(x):
        return len(x) - 1
    return after if x[after] - place < place - x[after - 1] else after - 1
