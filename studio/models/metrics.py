"""The figures of a run as growing NumPy columns, one table a split."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from engine.protocol.messages import MetricRow
from studio.models.extremes import Extremes

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

Column = NDArray[np.float64]

_WHOLE = ("sequence", "step", "epoch", "examples")
_REAL = ("seconds", "loss", "error", "learning_rate")
_SUMMED = ("loss", "error")
_LARGEST_SUMMED = 1e9
"""A diverging loss beyond this is left out of running means, where it would swallow all smaller values."""


MOST_ROWS: Final = 2**18
"""Rows that are kept to be drawn, so that memory is bounded; the journal has all of them."""


class MetricTable:
    """Rows of one split in the order of their steps; of very many, those that a plot needs.

    Columns double their room when they are full, so that a row costs the same however long the run is.
    Beside ``loss`` and ``error`` run the sums of their values that count, from which any running mean
    follows at the cost of the places that are looked at, not of the rows.
    """

    def __init__(self) -> None:
        self._length = 0
        self._further: dict[str, Column] = {}
        self.extremes = {name: Extremes() for name in _SUMMED}
        self._columns: dict[str, NDArray[np.generic]] = {
            **{name: np.empty(256, np.int64) for name in _WHOLE},
            **{name: np.empty(256, np.float64) for name in _REAL},
            **{f"{name}_sum": np.empty(256, np.float64) for name in _SUMMED},
            **{f"{name}_count": np.empty(256, np.int64) for name in _SUMMED},
        }

    def __len__(self) -> int:
        return self._length

    @property
    def further(self) -> list[str]:
        """Names of the costs' further figures, such as "top-5 error"."""
        return list(self._further)

    def column(self, name: str) -> Column:
        """Return a view of the column ``name``; good until the next row.

        It is a field of MetricRow or one of ``further``; NaN where a row lacks that, or all do.
        """
        if name in self._columns:
            return self._columns[name][: self._length]  # type: ignore[return-value]
        if name not in self._further:
            return np.full(self._length, np.nan)
        return self._further[name][: self._length]

    def append(self, sequence: int, row: MetricRow) -> None:
        """Add a row that the journal holds under ``sequence``."""
        self.extend([sequence], [row])

    def extend(self, sequences: Sequence[int], rows: Sequence[MetricRow]) -> None:
        """Add rows that the journal holds under ``sequences``; much quicker than one by one."""
        start, stop = self._length, self._length + len(rows)
        self._make_room(stop)
        columns = self._columns
        columns["sequence"][start:stop] = sequences
        for name in (*_WHOLE[1:], *_REAL):
            columns[name][start:stop] = list(map(attrgetter(name), rows))
        for name in _SUMMED:
            values = columns[name][start:stop]
            with np.errstate(invalid="ignore"):
                counts = np.abs(values) <= _LARGEST_SUMMED  # False for NaN, too
            for total, added in ((f"{name}_sum", np.where(counts, values, 0.0)), (f"{name}_count", counts)):
                column = columns[total]
                column[start:stop] = np.cumsum(added) + (column[start - 1] if start else 0)
        self._append_further(start, rows)
        self._length = stop
        if stop > MOST_ROWS:
            self._halve()
            start = 0
        for name, extremes in self.extremes.items():
            extremes.follow(self.column(name), start)

    def _halve(self) -> None:
        """Keep two rows of each four: those of the least and of the largest loss; one that is NaN stays."""
        whole = self._length // 4 * 4
        loss = self.column("loss")[:whole].reshape(-1, 4)
        loss = np.where(np.isfinite(loss), loss, np.inf)
        low, high = loss.argmin(axis=1), loss.argmax(axis=1)
        high = np.where(high == low, (low + 2) % 4, high)
        pairs = np.sort(np.stack([low, high], axis=1), axis=1) + 4 * np.arange(len(loss))[:, np.newaxis]
        kept = np.concatenate([pairs.reshape(-1), np.arange(whole, self._length)])
        for columns in (self._columns, self._further):
            for column in columns.values():
                column[: len(kept)] = column[kept]
        self._length = len(kept)

    def _make_room(self, length: int) -> None:
        room = len(self._columns["step"])
        if length > room:
            size = max(2 * room, length)
            self._columns = {name: np.resize(column, size) for name, column in self._columns.items()}
            self._further = {name: np.resize(column, size) for name, column in self._further.items()}

    def _append_further(self, start: int, rows: Sequence[MetricRow]) -> None:
        if any(map(attrgetter("further"), rows)):
            for name in dict.fromkeys(name for row in rows for name in row.further):
                if name not in self._further:
                    self._further[name] = np.full(len(self._columns["step"]), np.nan)
        for name, column in self._further.items():
            column[start : start + len(rows)] = [row.further.get(name, np.nan) for row in rows]

    def rewind(self, step: int) -> None:
        """Forget the rows of later steps."""
        self._length = int(np.searchsorted(self.column("step"), step, side="right"))
        for name, extremes in self.extremes.items():
            extremes.follow(self.column(name), self._length)

    def least(self, name: str) -> int | None:
        """Return the first step at which a column is least; None where no value is a number."""
        values = self.column(name)
        finite = np.flatnonzero(np.isfinite(values))
        return int(self.column("step")[finite[np.argmin(values[finite])]]) if len(finite) else None

    def mean_over(self, name: str, rows: NDArray[np.intp], window: int) -> Column:
        """Return, for each of ``rows``, the mean over the ``window`` rows up to it; ``name``: loss or error.

        Values that are not finite are left out; NaN where none is left.
        """
        sums, counts = self.column(f"{name}_sum"), self.column(f"{name}_count")
        start = rows - window
        inside = start >= 0
        below = np.where(inside, start, 0)
        total = sums[rows] - np.where(inside, sums[below], 0.0)
        count = counts[rows] - np.where(inside, counts[below], 0)
        means: Column = np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)
        return means


class Metrics:
    """The tables of all splits of one run."""

    def __init__(self) -> None:
        self._tables = {split: MetricTable() for split in SPLITS}

    def __getitem__(self, split: Split) -> MetricTable:
        return self._tables[split]

    def append(self, sequence: int, row: MetricRow) -> None:
        """Add a row to the table of its split."""
        self._tables[row.split].append(sequence, row)

    def extend(self, first: int, rows: Sequence[MetricRow]) -> None:
        """Add rows, the first of which the journal holds under ``first``, to the tables of their splits."""
        splits = {row.split for row in rows}
        if len(splits) == 1:  # as nearly always, and where there are very many
            self._tables[splits.pop()].extend(range(first, first + len(rows)), rows)
            return
        for split in splits:
            chosen = [(number, row) for number, row in enumerate(rows, first) if row.split == split]
            self._tables[split].extend([number for number, _ in chosen], [row for _, row in chosen])

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
