"""What can be told of a run's journal quickly, without becoming its writer."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import RunFolderError
from engine.protocol.messages import Edited, MetricRow, Rewound, StateChanged
from engine.store.edits import Edits
from engine.store.journal import DAMAGED
from engine.store.rows import ROW_COLUMNS, metric_row

_FOR_VERSION_1: Final = "CREATE TEMP VIEW curve AS SELECT *, '{}' AS further FROM main.curve"
"""Rows of version 1 have no further figures. A file that is only read is not taken on: its view is hidden."""


class Glance:
    """A journal that is only read; others may write to it meanwhile."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def last_state(self) -> StateChanged | None:
        """Return the last state that the run was said to be in."""
        query = "SELECT body FROM event WHERE kind = 'StateChanged' ORDER BY sequence DESC LIMIT 1"
        row = self._database.execute(query).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=StateChanged)

    def edits(self) -> tuple[Edited, ...]:
        """Return the edits of settings that hold."""
        edits = Edits()
        query = "SELECT body FROM event WHERE kind IN ('Edited', 'Rewound') ORDER BY sequence"
        for (body,) in self._database.execute(query):
            edits.take(msgspec.json.decode(body, type=Edited | Rewound))
        return edits.held

    def newest(self, split: str) -> MetricRow | None:
        """Return the newest row of a split."""
        query = f"SELECT {ROW_COLUMNS} FROM curve WHERE split = ? ORDER BY sequence DESC LIMIT 1"
        row = self._database.execute(query, (split,)).fetchone()
        return None if row is None else metric_row(row)

    def least_error(self, split: str) -> float | None:
        """Return the least error of a split."""
        query = "SELECT min(error) FROM curve WHERE split = ?"
        (least,) = self._database.execute(query, (split,)).fetchone()
        return None if least is None else float(least)

    def rows(self, split: str, most: int) -> list[MetricRow]:
        """Return the rows of a split in order, thinned evenly to about ``most``, the newest one included."""
        (count,) = self._database.execute("SELECT count(*) FROM curve WHERE split = ?", (split,)).fetchone()
        stride = max(1, math.ceil(count / most))
        query = f"""
            SELECT {ROW_COLUMNS} FROM
            (SELECT *, row_number() OVER (ORDER BY sequence) AS number FROM curve WHERE split = ?)
            WHERE (? - number) % ? = 0 ORDER BY number
        """
        return [metric_row(row) for row in self._database.execute(query, (split, count, stride))]


@contextmanager
def glance(journal: Path) -> Iterator[Glance]:
    """Open a journal to be looked at. Raises RunFolderError where it is none, or is damaged."""
    try:
        # The path is quoted: a name may hold what a URI takes for its own.
        with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as database:
            if database.execute("PRAGMA user_version").fetchone() == (1,):
                database.execute(_FOR_VERSION_1)
            yield Glance(database)
    except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
        found = f"none that can be read ({error})"
        raise RunFolderError(path=str(journal), expected="a journal", found=found, hint=DAMAGED) from error
