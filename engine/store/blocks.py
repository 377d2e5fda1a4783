"""Blocks of the journal's rows: a curve of a million rows is drawn from them without reading it in full.

Every ROWS rows of a split that count are joined into a block, in the transaction that brings the last of
them. A rewinding takes blocks back. So blocks cover all rows that count but the newest few of each split.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import numpy as np

from engine.curves import FIGURES, LAST, NAMES, SPLITS, Columns, thin
from engine.protocol.messages import MetricRow, Split
from engine.store.rows import ROW_COLUMNS, metric_row, of_split

ROWS: Final = 32
"""Rows of a block."""

_BLOCK: Final = f"""
TABLE block (
    split TEXT, number INTEGER, first INTEGER, last INTEGER, {", ".join(f"{name} REAL" for name in NAMES)},
    further TEXT NOT NULL,
    PRIMARY KEY (split, number)
) WITHOUT ROWID
"""
"""``first`` and ``last`` are the sequence numbers of a block's rows; the rest is of ``engine.curves``."""

SCHEMA: Final = f"""
CREATE {_BLOCK};
CREATE INDEX metric_seldom ON metric (split, sequence) WHERE split <> 'train';
"""

FOR_A_LOOK: Final = f"CREATE TEMP {_BLOCK}"
"""Blocks beside a journal that has none and is only read."""

Numbered = tuple[int, MetricRow]
"""A row and its sequence number."""

_PLACES = ", ".join("?" * (4 + len(NAMES) + 1))
_COLUMNS = ", ".join((*NAMES, "further"))


class Blocks:
    """The blocks of an open journal. ``take`` is called in its transactions, ``forget`` after failed ones."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waiting: dict[Split, list[Numbered]] | None = None

    def take(self, rows: Iterable[Numbered]) -> None:
        """Take in rows that were added to the journal."""
        if self._waiting is None:
            self._waiting = self._catch_up()  # with these rows, too
            return
        for number, row in rows:
            self._add(self._waiting, number, row)

    def rewind(self, step: int) -> None:
        """Take back the blocks of later steps; rows that count no more are marked so in the journal."""
        self._database.execute("DELETE FROM block WHERE step > ?", (step,))
        self.forget()

    def forget(self) -> None:
        """See anew which rows are in no block."""
        self._waiting = None

    def curve(self, split: Split, most: int, first: int = 0, last: int = 2**62) -> Columns:
        """Return the rows of a split between two steps, joined into ``most`` points if there are more."""
        waiting = self._rest()[split]
        query = """
            SELECT coalesce(min(number), 0),
                coalesce(min(CASE WHEN step >= ? THEN number END), max(number), -1)
            FROM block WHERE split = ? AND step >= ?
        """
        start, end = self._database.execute(query, (last, split, first)).fetchone()
        among, span = "FROM block WHERE split = ? AND number BETWEEN ? AND ?", (split, start, end)
        query = f"SELECT ifnull(sum(rows), 0), min(first), max(last) {among}"
        count, oldest, newest = self._database.execute(query, span).fetchone()
        tail = [row for _, row in waiting if first <= row.step <= last]
        if count + len(tail) <= most:
            rows = [row for _, row in self._rows(split, oldest, newest) if first <= row.step <= last]
            return _columns([_point([row]) for row in (*rows, *tail)])
        blocks = self._database.execute(f"SELECT {_COLUMNS} {among} ORDER BY number", span).fetchall()
        return thin(_columns([*blocks, *(_point([row]) for row in tail)]), most)

    def _rows(self, split: Split, oldest: int | None, newest: int | None) -> Iterator[Numbered]:
        among = f"{of_split(split)} AND sequence BETWEEN ? AND ?"
        query = f"SELECT {ROW_COLUMNS} FROM curve WHERE {among} ORDER BY sequence"
        return ((row[0], metric_row(row)) for row in self._database.execute(query, (split, oldest, newest)))

    def _rest(self) -> dict[Split, list[Numbered]]:
        if self._waiting is None:
            with _whole(self._database):  # each block alone would wait for the disk
                waiting = self._catch_up()
            self._waiting = waiting
        return self._waiting

    def _catch_up(self) -> dict[Split, list[Numbered]]:
        """Join what is in no block yet: all rows, where the journal is of a version that had no blocks.

        Returns the rows that are too few for a block. Called in a transaction.
        """
        waiting: dict[Split, list[Numbered]] = {split: [] for split in SPLITS}
        for split in SPLITS:
            query = "SELECT ifnull(max(last), 0) FROM block WHERE split = ?"
            (newest,) = self._database.execute(query, (split,)).fetchone()
            for number, row in self._rows(split, newest + 1, 2**62):
                self._add(waiting, number, row)
        return waiting

    def _add(self, waiting: dict[Split, list[Numbered]], number: int, row: MetricRow) -> None:
        rows = waiting[row.split]
        rows.append((number, row))
        if len(rows) == ROWS:
            query = "SELECT ifnull(max(number), -1) + 1 FROM block WHERE split = ?"
            (block,) = self._database.execute(query, (row.split,)).fetchone()
            place = (row.split, block, rows[0][0], rows[-1][0])
            point = _point([row for _, row in rows])
            self._database.execute(f"INSERT INTO block VALUES ({_PLACES})", (*place, *point))
            rows.clear()


@contextmanager
def _whole(database: sqlite3.Connection) -> Iterator[None]:
    """Make what is done one commit, or none, unless it is part of a transaction anyway."""
    if database.in_transaction:
        yield
        return
    with database:
        database.execute("BEGIN")
        yield


def _point(rows: Sequence[MetricRow]) -> tuple[Any, ...]:
    """Return the columns of NAMES, and the further figures as JSON, of some rows joined into one point."""
    point: list[float | None] = [len(rows), *(getattr(rows[-1], name) for name in LAST)]
    for name in FIGURES:
        finite = [value for row in rows if math.isfinite(value := getattr(row, name))]
        point += [sum(finite) / len(finite), min(finite), max(finite)] if finite else [None] * 3
    further = {}
    for name in {name for row in rows for name in row.further}:
        values = [row.further[name] for row in rows if name in row.further]
        further[name] = sum(values) / len(values)
    return (*point, msgspec.json.encode(further).decode())


def _columns(points: Sequence[tuple[Any, ...]]) -> Columns:
    """Return points as columns; NaN where a point lacks a figure."""
    if not points:
        return {name: np.empty(0) for name in NAMES}
    *figures, further = zip(*points, strict=True)
    columns = {name: np.array(column, np.float64) for name, column in zip(NAMES, figures, strict=True)}
    decoded = {text: msgspec.json.decode(text) for text in dict.fromkeys(further)}
    for name in dict.fromkeys(name for values in decoded.values() for name in values):
        columns[name] = np.array([decoded[text].get(name, np.nan) for text in further])
    return columns
