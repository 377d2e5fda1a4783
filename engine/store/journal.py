"""The journal of a run in SQLite: metrics in columns that are cheap to read, all else as JSON.

Every entry has a sequence number, from 1 on without a gap, through all resumes of the run. ``curve`` is the
view for people and programs that want the metrics: without the rows that a resume has overtaken.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.curves import SPLITS, pack
from engine.errors import RunFolderError, RunFolderUnwritableError
from engine.protocol.messages import (
    Curve,
    Entry,
    LogLine,
    MetricRow,
    NumberedLine,
    Overview,
    Problem,
    Rewound,
    RunState,
    Split,
    StateChanged,
)
from engine.store.blocks import SCHEMA, Blocks
from engine.store.edits import Edits
from engine.store.rows import ROW_COLUMNS, metric_row
from engine.words import Words

VERSION = 3

DAMAGED = "The file is damaged, or of a newer version of ConvNet Studio."
"""What to think of a file that is no journal of this version."""

_SCHEMA = f"""
CREATE TABLE metric (
    sequence INTEGER PRIMARY KEY,
    step INTEGER, epoch INTEGER, examples INTEGER, seconds REAL,
    split TEXT, loss REAL, error REAL, learning_rate REAL,
    further TEXT NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE event (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX event_kind ON event (kind, sequence);
CREATE VIEW curve AS SELECT {ROW_COLUMNS} FROM metric WHERE NOT superseded;
{SCHEMA}
PRAGMA user_version = {VERSION};
"""
_FROM_VERSION_2 = f"{SCHEMA} PRAGMA user_version = {VERSION};"
_FROM_VERSION_1 = f"""
    DROP VIEW curve;
    ALTER TABLE metric ADD COLUMN further TEXT NOT NULL DEFAULT '{{}}';
    CREATE VIEW curve AS SELECT {ROW_COLUMNS} FROM metric WHERE NOT superseded;
    {_FROM_VERSION_2}
"""

_event_decoder = msgspec.json.Decoder(Entry)


class Journal:
    """The open journal at ``path``; used by one thread at a time.

    Raises RunFolderError if the file is not a journal, RunFolderUnwritableError if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            # What was streamed to a client must outlive a power loss: each commit is fsynced.
            self._database.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except sqlite3.OperationalError as error:
            raise RunFolderUnwritableError(path=str(path), reason=str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._error(Words("a damaged one ({reason})", reason=error)) from error
        self.last_sequence: int = self._newest()
        self._blocks = Blocks(self._database)

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        script = {0: _SCHEMA, 1: _FROM_VERSION_1, 2: _FROM_VERSION_2}.get(version)
        if script is not None:
            self._database.executescript(f"BEGIN IMMEDIATE; {script} COMMIT;")
        elif version != VERSION:
            raise self._error(Words("one of version {version}", version=version))

    def _error(self, found: str) -> RunFolderError:
        expected = Words("a journal of version {version}", version=VERSION)
        return RunFolderError(path=str(self._path), expected=expected, found=found, hint=DAMAGED)

    def _newest(self) -> int:
        query = """
            SELECT ifnull(max(sequence), 0) FROM
            (SELECT max(sequence) AS sequence FROM metric UNION ALL SELECT max(sequence) FROM event)
        """
        return int(self._database.execute(query).fetchone()[0])

    def append(self, entries: Sequence[Entry]) -> int:
        """Commit ``entries`` in one transaction; returns the last sequence number.

        Raises sqlite3.Error (a full disk, say); then none of them is in, and the call can be repeated.
        """
        numbered = list(enumerate(entries, self.last_sequence + 1))
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._insert(numbered)
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            self._blocks.forget()
            raise
        self.last_sequence += len(numbered)
        return self.last_sequence

    def _insert(self, numbered: Sequence[tuple[int, Entry]]) -> None:
        metrics, events, rewinds = [], [], []
        for sequence, entry in numbered:
            if isinstance(entry, MetricRow):
                *figures, further = msgspec.structs.astuple(entry)
                metrics.append((sequence, *figures, msgspec.json.encode(further).decode()))
            else:
                events.append((sequence, type(entry).__name__, msgspec.json.encode(entry).decode()))
            if isinstance(entry, Rewound):
                rewinds.append((entry.step, sequence))
        insert = self._database.executemany
        insert(f"INSERT INTO metric ({ROW_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", metrics)
        insert("INSERT INTO event VALUES (?, ?, ?)", events)
        insert("UPDATE metric SET superseded = 1 WHERE step > ? AND sequence < ?", rewinds)
        for step, _ in rewinds:
            self._blocks.rewind(step)
        self._blocks.take((number, entry) for number, entry in numbered if isinstance(entry, MetricRow))

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return up to ``limit`` entries, the first with the sequence number ``after + 1``."""
        # Numbers have no gap, so a span of numbers is a number of entries.
        span = (after, after + limit)
        found: list[tuple[int, Entry]] = [
            (row[0], metric_row(row))
            for row in self._database.execute(
                f"SELECT {ROW_COLUMNS} FROM metric WHERE sequence > ? AND sequence <= ?", span
            )
        ]
        query = "SELECT sequence, body FROM event WHERE sequence > ? AND sequence <= ?"
        found += [(row[0], _event_decoder.decode(row[1])) for row in self._database.execute(query, span)]
        found.sort(key=lambda pair: pair[0])
        return [entry for _, entry in found]

    def overview(self, most: int) -> Overview:
        """Return all entries, the rows of each split joined into ``most`` points if there are more."""
        query = "SELECT body FROM event ORDER BY sequence"
        events = tuple(_event_decoder.decode(body) for (body,) in self._database.execute(query))
        curves = (self.curve(split, most) for split in SPLITS)
        return Overview(self.last_sequence, events, tuple(curve for curve in curves if curve.columns["step"]))

    def curve(self, split: Split, most: int, first: int = 0, last: int = 2**62) -> Curve:
        """Return the rows of a split between two steps, joined into ``most`` points if there are more."""
        return pack(split, self._blocks.curve(split, most, first, last))

    def log(self, after: int, limit: int) -> list[NumberedLine]:
        """Return up to ``limit`` lines of the log after a sequence number."""
        query = """
            SELECT sequence, body FROM event WHERE kind = 'LogLine' AND sequence > ?
            ORDER BY sequence LIMIT ?
        """
        rows = self._database.execute(query, (after, limit))
        return [NumberedLine(row[0], msgspec.json.decode(row[1], type=LogLine)) for row in rows]

    def edits(self) -> Edits:
        """Return the edits of settings that hold."""
        edits = Edits()
        query = "SELECT body FROM event WHERE kind IN ('Edited', 'Rewound') ORDER BY sequence"
        for (body,) in self._database.execute(query):
            edits.take(_event_decoder.decode(body))
        return edits

    def last_state(self) -> RunState | None:
        """Return the state that the run was said to be in last; None if it never was in any."""
        query = "SELECT body FROM event WHERE kind = 'StateChanged' ORDER BY sequence DESC LIMIT 1"
        row = self._database.execute(query).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=StateChanged).state

    def end(self) -> RunState:
        """Return how the run ended. One that ended without a word has failed, which is entered.

        Raises RunFolderUnwritableError where it cannot be.
        """
        state = self.last_state()
        if state is None or not state.ended:
            state = RunState.FAILED
            cause = Problem(
                "EngineError", {"message": "The engine ended without a word; the run can be resumed."}
            )
            try:
                self.append([StateChanged(time.time(), state, cause)])
            except sqlite3.Error as error:
                raise RunFolderUnwritableError(path=str(self._path), reason=str(error)) from error
        return state

    def close(self) -> None:
        """Close the file."""
        self._database.close()
