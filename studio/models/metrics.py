"""The figures of a run as growing NumPy columns, one table a split."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.curves import FIGURES, LAST, ROWS, SPLITS, Column, Columns, join
from engine.protocol.messages import MetricRow, Split
from studio.models.extremes import Extremes

_WHOLE: Final = (ROWS, "step", "epoch", "examples")
_SUMS: Final = tuple(name + end for name in FIGURES for end in ("_sum", "_count"))
_LARGEST_SUMMED: Final = 1e9
"""A diverging loss beyond this is left out of running means, where it would swallow all smaller values."""

MOST_POINTS: Final = 2**17
"""Points that are kept to be drawn, so that memory is bounded; the journal has all rows."""


class MetricTable:
    """Points of one split in the order of their steps, each a row of the journal or several joined.

    Columns, named as in ``engine.curves``, double their room when they are full, so that a row costs
    the same however long the run is. Beside ``loss`` and ``error`` run the sums of their values that count,
    from which any running mean follows at the cost of the places that are looked at, not of the rows.
    """

    def __init__(self) -> None:
        self._length = 0
        self._further: dict[str, Column] = {}
        self.extremes = {name: Extremes() for name in FIGURES}
        ends = ("", "_low", "_high", "_sum", "_count")
        real = ("seconds", "learning_rate", *(name + end for name in FIGURES for end in ends))
        self._columns: dict[str, NDArray[np.generic]] = {
            **{name: np.empty(256, np.int64) for name in _WHOLE},
            **{name: np.empty(256, np.float64) for name in real},
        }

    def __len__(self) -> int:
        return self._length

    @property
    def further(self) -> list[str]:
        """Names of the costs' further figures, such as "top-5 error"."""
        return list(self._further)

    def column(self, name: str) -> Column:
        """Return a view of a column, or of one of ``further``; good until the next row.

        NaN where a row lacks that, or all do.
        """
        if name in self._columns:
            return self._columns[name][: self._length]  # type: ignore[return-value]
        if name not in self._further:
            return np.full(self._length, np.nan)
        return self._further[name][: self._length]

    def is_whole(self, start: int = 0, stop: int | None = None) -> bool:
        """Whether each point from one place up to another is a single row of the journal."""
        return bool((self.column(ROWS)[start:stop] == 1).all())

    def begin(self, columns: Columns) -> None:
        """Take in the points of a run so far, in place of all that was there."""
        self.rewind(-1)
        self._further = {}
        self._add(columns)

    def append(self, row: MetricRow) -> None:
        """Add a row."""
        self.extend([row])

    def extend(self, rows: Sequence[MetricRow]) -> None:
        """Add rows; much quicker than one by one."""
        columns = {name: np.array(list(map(attrgetter(name), rows)), float) for name in (*LAST, *FIGURES)}
        columns[ROWS] = np.ones(len(rows))
        for name in FIGURES:
            columns[f"{name}_low"] = columns[f"{name}_high"] = columns[name]
        if any(map(attrgetter("further"), rows)):
            for name in dict.fromkeys(name for row in rows for name in row.further):
                columns[name] = np.array([row.further.get(name, np.nan) for row in rows])
        self._add(columns)

    def _add(self, columns: Columns) -> None:
        start, stop = self._length, self._length + len(columns[ROWS])
        self._make_room(stop)
        for name in columns.keys() - self._columns.keys() - self._further.keys():
            self._further[name] = np.full(len(self._columns["step"]), np.nan)
        for name, column in self._columns.items():
            if name not in _SUMS:
                column[start:stop] = columns[name]
        for name, column in self._further.items():
            column[start:stop] = columns.get(name, np.nan)
        for name in FIGURES:
            self._sum_up(name, start, stop)
        self._length = stop
        if stop > MOST_POINTS:
            self._halve()
            start = 0
        self._follow(start)

    def _sum_up(self, name: str, start: int, stop: int) -> None:
        """Go on with the sums of a figure over all rows so far."""
        values, rows = self._columns[name][start:stop], self._columns[ROWS][start:stop]
        with np.errstate(invalid="ignore"):
            weights = np.where(np.abs(values) <= _LARGEST_SUMMED, rows, 0)  # 0 for NaN, too
        for sums, added in (("sum", np.where(weights, values, 0.0) * weights), ("count", weights)):
            column = self._columns[f"{name}_{sums}"]
            column[start:stop] = np.cumsum(added) + (column[start - 1] if start else 0)

    def _follow(self, start: int) -> None:
        for name, extremes in self.extremes.items():
            extremes.follow(self.column(f"{name}_low"), self.column(f"{name}_high"), start)

    def _halve(self) -> None:
        """Join each two neighbours."""
        starts = np.arange(0, self._length, 2)
        ends = np.append(starts[1:], self._length) - 1
        sums = {name: self.column(name)[ends] for name in _SUMS}
        names = [*(name for name in self._columns if name not in _SUMS), *self._further]
        joined = join({name: self.column(name) for name in names}, starts)
        self._length = len(starts)
        for name, column in {**joined, **sums}.items():
            self.column(name)[:] = column

    def _make_room(self, length: int) -> None:
        room = len(self._columns["step"])
        if length > room:
            size = max(2 * room, length)
            self._columns = {name: np.resize(column, size) for name, column in self._columns.items()}
            self._further = {name: np.resize(column, size) for name, column in self._further.items()}

    def rewind(self, step: int) -> None:
        """Forget the rows of later steps, and with them what they were joined with."""
        self._length = int(np.searchsorted(self.column("step"), step, side="right"))
        self._follow(self._length)

    def least(self, name: str) -> tuple[int, float] | None:
        """Return the first step at which a column is least, and its value; None where none is a number."""
        values = self.column(name)
        finite = np.flatnonzero(np.isfinite(values))
        if not len(finite):
            return None
        row = finite[np.argmin(values[finite])]
        return int(self.column("step")[row]), float(values[row])

    def mean_over(self, name: str, points: NDArray[np.intp], starts: NDArray[np.intp]) -> Column:
        """Return the mean of loss or error over the rows after each of ``starts`` up to each of ``points``.

        A start below 0 lies before all rows. Values that are not finite are left out; NaN where none is left.
        """
        sums, counts = self.column(f"{name}_sum"), self.column(f"{name}_count")
        inside = starts >= 0
        below = np.where(inside, starts, 0)
        total = sums[points] - np.where(inside, sums[below], 0.0)
        count = counts[points] - np.where(inside, counts[below], 0)
        means: Column = np.divide(total, count, out=np.full(len(points), np.nan), where=count > 0)
        return means


class Metrics:
    """The tables of all splits of one run."""

    def __init__(self) -> None:
        self._tables = {split: MetricTable() for split in SPLITS}

    def __getitem__(self, split: Split) -> MetricTable:
        return self._tables[split]

    def append(self, row: MetricRow) -> None:
        """Add a row to the table of its split."""
        self._tables[row.split].append(row)

    def extend(self, rows: Sequence[MetricRow]) -> None:
        """Add rows to the tables of their splits."""
        splits = {row.split for row in rows}
        if len(splits) == 1:  # as nearly always, and where there are very many
            self._tables[splits.pop()].extend(rows)
            return
        for split in splits:
            self._tables[split].extend([row for row in rows if row.split == split])

    def rewind(self, step: int) -> None:
        """Forget the rows of later steps."""
        for table in self._tables.values():
            table.rewind(step)

    @property
    def steps_per_epoch(self) -> float | None:
        """Steps of a pass over the training split, told by the rows at the end of one; None: not known."""
        for split in ("validation", "test", "train"):  # those with few rows first
            table = self._tables[split]
            done = table.column("epoch") > 0
            if done.any():
                return float((table.column("step")[done] / table.column("epoch")[done]).min())
        return None

    @property
    def further(self) -> list[str]:
        """Names of the further figures of any split."""
        return list(dict.fromkeys(name for table in self._tables.values() for name in table.further))

    def last(self, split: Split, name: str) -> float | None:
        """Return the newest value of a column of a split, None where there is no row yet."""
        column = self._tables[split].column(name)
        return float(column[-1]) if len(column) else None
