"""The figures of a run as growing NumPy columns, one table a split."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from engine.protocol.messages import MetricRow

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

Column = NDArray[np.float64]

_WHOLE = ("sequence", "step", "epoch", "examples")
_REAL = ("seconds", "loss", "error", "learning_rate")
_SUMMED = ("loss", "error")
_LARGEST_SUMMED = 1e9
"""A diverging loss beyond this is left out of running means, where it would swallow all smaller values."""


class MetricTable:
    """Rows of one split in the order of their steps.

    Columns double their room when they are full, so that a row costs the same however long the run is.
    Beside ``loss`` and ``error`` run the sums of their values that count, from which any running mean
    follows at the cost of the places that are looked at, not of the rows.
    """

    def __init__(self) -> None:
        self._length = 0
        self._further: dict[str, Column] = {}
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
        at = self._length
        if at == len(self._columns["step"]):
            self._columns = {name: np.resize(column, 2 * at) for name, column in self._columns.items()}
            self._further = {name: np.resize(column, 2 * at) for name, column in self._further.items()}
        columns = self._columns
        columns["sequence"][at] = sequence
        for name in (*_WHOLE[1:], *_REAL):
            columns[name][at] = getattr(row, name)
        for name in _SUMMED:
            value = getattr(row, name)
            counts = abs(value) <= _LARGEST_SUMMED  # False for NaN, too
            sums, numbers = columns[f"{name}_sum"], columns[f"{name}_count"]
            sums[at] = (sums[at - 1] if at else 0.0) + (value if counts else 0.0)
            numbers[at] = (numbers[at - 1] if at else 0) + counts
        self._append_further(at, row)
        self._length += 1

    def _append_further(self, at: int, row: MetricRow) -> None:
        for name in row.further:
            if name not in self._further:
                self._further[name] = np.full(len(self._columns["step"]), np.nan)
        for name, column in self._further.items():
            column[at] = row.further.get(name, np.nan)

    def rewind(self, step: int) -> None:
        """Forget the rows of later steps."""
        self._length = int(np.searchsorted(self.column("step"), step, side="right"))

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

    def rewind(self, step: int) -> None:
        """Forget the rows of later steps."""
        for table in self._tables.values():
            table.rewind(step)

    @property
    def steps_per_epoch(self) -> float | None:
        """Steps of a pass over the training split, told by the rows at the end of one; None: not known."""
        found = [
            float((table.column("step")[done] / epochs[done]).min())
            for table in self._tables.values()
            if (done := (epochs := table.column("epoch")) > 0).any()
        ]
        return min(found, default=None)

    @property
    def further(self) -> list[str]:
        """Names of the further figures of any split."""
        return list(dict.fromkeys(name for table in self._tables.values() for name in table.further))

    def last(self, split: Split, name: str) -> float | None:
        """Return the newest value of a column of a split, None where there is no row yet."""
        column = self._tables[split].column(name)
        return float(column[-1]) if len(column) else None
