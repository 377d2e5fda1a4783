"""A journal that is only looked at tells the same as to its writer."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import numpy as np

from engine.curves import unpack
from engine.protocol.messages import MetricRow, Rewound, Split
from engine.store.blocks import ROWS
from engine.store.glance import glance
from engine.store.journal import Journal


def row(step: int, loss: float = 1.5, split: Split = "train", **further: float) -> MetricRow:
    return MetricRow(step, 0, step * 32, step * 0.25, split, loss, 0.5, 0.01, further)


def test_rows_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    rows = [row(step, step / 7, **{"top-5 error": 0.25}) for step in range(9)]
    journal = Journal(path)
    journal.append(rows)
    with glance(path) as looked_at:
        assert looked_at.newest("train") == rows[-1]
        assert looked_at.curves(100)["train"]["loss"].tolist() == [each.loss for each in rows]
    journal.append([row(9, math.nan)])
    with glance(path) as looked_at:
        newest = looked_at.newest("train")
    assert newest is not None
    assert math.isnan(newest.loss)


def test_curves_are_those_of_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    journal = Journal(path)
    random = np.random.default_rng(0)
    for first in range(0, 20 * ROWS, 100):
        journal.append(
            [row(step, random.normal(), **{"top-5 error": 0.5}) for step in range(first, first + 99)]
        )
        journal.append([row(first + 99, random.normal(), "validation")])
    journal.append([Rewound(300), row(301)])
    for most in (1, 7, 100, 100_000):
        with glance(path) as looked_at:
            found = looked_at.curves(most)
        assert list(found) == ["train", "validation"]
        for split, columns in found.items():
            expected = unpack(journal.curve(split, most))
            assert expected.keys() == columns.keys()
            for name, column in columns.items():
                np.testing.assert_array_equal(column, expected[name])


def test_what_is_looked_at_stays_as_it_was(tmp_path: Path) -> None:
    """A writer who joins rows into a block meanwhile makes none of them count twice."""
    path = tmp_path / "run.sqlite"
    journal = Journal(path)
    journal.append([row(step) for step in range(2 * ROWS - 1)])
    with glance(path) as looked_at:
        journal.append([row(step) for step in range(2 * ROWS, 4 * ROWS)])
        assert looked_at.curves(1)["train"]["rows"].tolist() == [2 * ROWS - 1]


def test_errors_of_seldom_rows_are_found_without_going_through_those_of_training(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    Journal(path).append([row(step, split="test" if step % 9 == 0 else "train") for step in range(100)])
    statements: list[str] = []
    with glance(path) as looked_at:
        database = looked_at._database
        database.set_trace_callback(statements.append)
        assert (looked_at.newest("test"), looked_at.least_error("test")) == (row(99, split="test"), 0.5)
        database.set_trace_callback(None)
        for statement in statements:
            plan = database.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            assert all("metric_seldom" in step[-1] for step in plan)


def test_a_journal_of_version_1_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with sqlite3.connect(path) as database:
        columns = "sequence, step, epoch, examples, seconds, split, loss, error, learning_rate"
        database.executescript(f"""
            CREATE TABLE metric ({columns}, superseded DEFAULT 0);
            CREATE VIEW curve AS SELECT {columns} FROM metric WHERE NOT superseded;
            PRAGMA user_version = 1;
        """)
        rows = [(n, n, 0, 32 * n, n / 4, "train", 1.5, 0.5, 0.01, 0) for n in range(1, 100)]
        database.executemany(f"INSERT INTO metric VALUES ({', '.join('?' * 10)})", rows)
    database.close()
    before = path.read_bytes()
    with glance(path) as journal:
        assert journal.newest("train") == row(99)
        assert journal.curves(100)["train"]["step"].tolist() == list(range(1, 100))
        assert journal.curves(4)["train"]["rows"].sum() == 99
        assert journal.least_error("train") == 0.5
    assert path.read_bytes() == before
