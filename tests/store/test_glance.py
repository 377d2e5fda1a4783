"""A journal that is only looked at tells the same as to its writer."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

from engine.protocol.messages import MetricRow
from engine.store.glance import glance
from engine.store.journal import Journal


def row(step: int, loss: float = 1.5, **further: float) -> MetricRow:
    return MetricRow(step, 0, step * 32, step * 0.25, "train", loss, 0.5, 0.01, further)


def test_rows_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    rows = [row(step, step / 7, **{"top-5 error": 0.25}) for step in range(9)]
    journal = Journal(path)
    journal.append(rows)
    with glance(path) as looked_at:
        assert looked_at.rows("train", 100) == rows
        assert looked_at.rows("train", 3) == rows[2::3]
        assert looked_at.newest("train") == rows[-1]
        journal.append([row(9, math.nan)])
        newest = looked_at.newest("train")
    assert newest is not None
    assert math.isnan(newest.loss)


def test_a_journal_of_version_1_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with sqlite3.connect(path) as database:
        columns = "sequence, step, epoch, examples, seconds, split, loss, error, learning_rate"
        database.executescript(f"""
            CREATE TABLE metric ({columns}, superseded DEFAULT 0);
            CREATE VIEW curve AS SELECT {columns} FROM metric WHERE NOT superseded;
            INSERT INTO metric VALUES (1, 2, 0, 64, 0.5, 'train', 1.5, 0.5, 0.01, 0);
            PRAGMA user_version = 1;
        """)
    before = path.read_bytes()
    with glance(path) as journal:
        assert journal.newest("train") == row(2)
        assert journal.rows("train", 9) == [row(2)]
        assert journal.least_error("train") == 0.5
    assert path.read_bytes() == before
