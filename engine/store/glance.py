"""What can be told of a run's journal quickly, without becoming its writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from engine.curves import ROWS, SPLITS, Columns
from engine.errors import RunFolderError
from engine.protocol.messages import Edited, MetricRow, Rewound, Split, StateChanged
from engine.store.blocks import FOR_A_LOOK, Blocks
from engine.store.edits import Edits
from engine.store.journal import DAMAGED
from engine.store.rows import ROW_COLUMNS, metric_row, of_split
from engine.words import Words

_FOR_VERSION_1: Final = "CREATE TEMP VIEW curve AS SELECT *, '{}' AS further FROM main.curve"
"""Rows of version 1 have no further figures. A file that is only read is not taken on: its view is hidden."""


class Glance:
    """A journal that is only read; others may write to it meanwhile."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._blocks = Blocks(database)

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
        query = f"SELECT {ROW_COLUMNS} FROM curve WHERE {of_split(split)} ORDER BY sequence DESC LIMIT 1"
        row = self._database.execute(query, (split,)).fetchone()
        return None if row is None else metric_row(row)

    def least_error(self, split: str) -> float | None:
        """Return the least error of a split."""
        query = f"SELECT min(error) FROM curve WHERE {of_split(split)}"
        (least,) = self._database.execute(query, (split,)).fetchone()
        return None if least is None else float(least)

    def curves(self, most: int) -> dict[Split, Columns]:
        """Return the rows of each split that has any, joined into ``most`` points if there are more."""
        curves = {split: self._blocks.curve(split, most) for split in SPLITS}
        return {split: columns for split, columns in curves.items() if len(columns[ROWS])}


@contextmanager
def glance(journal: Path) -> Iterator[Glance]:
    """Open a journal to be looked at, as it is now. Raises RunFolderError where it is none, or is damaged."""
    try:
        # The path is quoted: a name may hold what a URI takes for its own.
        uri = f"{journal.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as database:
            database.execute("BEGIN")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 1:
                database.execute(_FOR_VERSION_1)
            if version < 3 or database.execute("SELECT 1 FROM block LIMIT 1").fetchone() is None:
                database.execute(FOR_A_LOOK)
            yield Glance(database)
    except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
        found = Words("none that can be read ({reason})", reason=error)
        raise RunFolderError(path=str(journal), expected="a journal", found=found, hint=DAMAGED) from error
