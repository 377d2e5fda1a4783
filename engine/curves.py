"""Curves as columns of numbers: how they travel, and how neighbouring points are joined into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import ProtocolError
from engine.protocol.messages import Curve, Split
from engine.words import Words

Column = NDArray[np.float64]
Columns = dict[str, Column]
"""Columns by their names, all of one length. A point is a row of the journal, or several joined into one."""

SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

ROWS: Final = "rows"
"""How many rows of the journal a point stands for."""

LAST: Final = ("step", "epoch", "examples", "seconds", "learning_rate")
"""Of the newest row of a point."""

FIGURES: Final = ("loss", "error")
"""Means over the rows of a point; extremes are ``NAME_low``, ``NAME_high``. NaN where none is finite."""

NAMES: Final = (ROWS, *LAST, *(name + end for name in FIGURES for end in ("", "_low", "_high")))
"""All columns but those of the costs' further figures, which are means as well."""


def join(columns: Mapping[str, Column], starts: NDArray[np.intp]) -> Columns:
    """Join neighbouring points: each new point is those from one of ``starts`` up to the next."""
    if not len(starts):
        return {name: column[:0] for name, column in columns.items()}
    length = len(columns[ROWS])
    ends = np.append(starts[1:], length) - 1
    joined: Columns = {}
    for name, column in columns.items():
        if name in LAST:
            joined[name] = column[ends]
        elif name == ROWS:
            joined[name] = np.add.reduceat(column, starts)
        elif name.endswith("_low"):
            joined[name] = np.fmin.reduceat(column, starts)
        elif name.endswith("_high"):
            joined[name] = np.fmax.reduceat(column, starts)
        else:
            joined[name] = _means(column, columns[ROWS], starts)
    return joined


def _means(column: Column, rows: Column, starts: NDArray[np.intp]) -> Column:
    """Means of groups of points, weighed by their rows; points that are not finite are left out."""
    weights = np.where(np.isfinite(column), rows, 0.0)
    sums = np.add.reduceat(np.where(weights > 0, column, 0.0) * weights, starts)
    counts = np.add.reduceat(weights, starts)
    means: Column = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    return means


def thin(columns: Columns, most: int) -> Columns:
    """Return at most so many points: of more, as many neighbours as it takes are joined each time."""
    length = len(columns[ROWS])
    return columns if length <= most else join(columns, np.arange(0, length, -(-length // most)))


def pack(split: Split, columns: Columns) -> Curve:
    """Make columns into a message."""
    return Curve(split, {name: column.astype("<f8").tobytes() for name, column in columns.items()})


def unpack(curve: Curve) -> Columns:
    """Return the columns of a message; raises ProtocolError where one is missing or longer than another."""
    columns = {}
    for name, data in curve.columns.items():
        if len(data) % 8:
            raise ProtocolError(
                message=Words("the column {name} of a curve has {count} bytes", name=name, count=len(data))
            )
        columns[name] = np.frombuffer(data, "<f8").astype(np.float64)
    if not set(NAMES) <= set(columns) or len({len(column) for column in columns.values()}) != 1:
        raise ProtocolError(message="a curve lacks a column, or its columns are not of one length")
    return columns
