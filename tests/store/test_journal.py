"""The journal gives back what was put in, in order and without a gap."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest

from engine.errors import RunFolderError, RunFolderUnwritableError
from engine.protocol.messages import (
    CheckpointKept,
    Entry,
    LogLine,
    MetricRow,
    Problem,
    Rewound,
    RunState,
    SnapshotKept,
    StateChanged,
)
from engine.store.journal import Journal


def row(step: int, loss: float = 1.5) -> MetricRow:
    further = {"top-5 error": 0.25} if step % 2 else {}
    return MetricRow(step, step // 10, step * 32, step * 0.25, "train", loss, 0.5, 0.01, further)


ALL_KINDS: list[Entry] = [
    StateChanged(1.0, RunState.STARTING),
    row(1),
    LogLine(2.0, "warning", "naïve 文字"),
    SnapshotKept(1),
    row(2),
    CheckpointKept(2),
    Rewound(2),
    StateChanged(3.0, RunState.FAILED, Problem("FieldError", {"layers": ("a", "b"), "field": None})),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.sqlite"


def test_entries_of_all_kinds_read_back_in_order(path: Path) -> None:
    journal = Journal(path)
    assert journal.append(ALL_KINDS) == len(ALL_KINDS)
    assert journal.read(0, 100) == ALL_KINDS


def test_any_place_and_length_can_be_read(path: Path) -> None:
    journal = Journal(path)
    for entry in ALL_KINDS:
        journal.append([entry])
    for after in range(len(ALL_KINDS) + 2):
        for limit in range(1, 4):
            assert journal.read(after, limit) == ALL_KINDS[after : after + limit]


def test_numbers_go_on_when_a_run_is_resumed(path: Path) -> None:
    journal = Journal(path)
    journal.append(ALL_KINDS)
    journal.close()
    again = Journal(path)
    assert again.last_sequence == len(ALL_KINDS)
    assert again.append([row(3)]) == len(ALL_KINDS) + 1
    assert again.read(len(ALL_KINDS), 10) == [row(3)]


def test_a_loss_that_is_no_number_is_kept(path: Path) -> None:
    journal = Journal(path)
    journal.append([row(1, math.nan), row(2, math.inf)])
    first, second = journal.read(0, 2)
    assert isinstance(first, MetricRow)
    assert isinstance(second, MetricRow)
    assert math.isnan(first.loss)
    assert second.loss == math.inf


def test_a_reader_sees_only_what_is_committed_and_the_curve_leaves_out_what_was_overtaken(path: Path) -> None:
    """Another program opens the file, as people do to plot metrics."""
    journal = Journal(path)
    journal.append([row(step) for step in range(1, 6)])
    journal.append([Rewound(2), row(3, loss=9.0)])
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT step, loss FROM curve ORDER BY step").fetchall() == [
            (1, 1.5),
            (2, 1.5),
            (3, 9.0),
        ]
        assert reader.execute("SELECT count(*) FROM metric").fetchone() == (6,)


def test_a_commit_that_fails_can_be_repeated(path: Path) -> None:
    journal = Journal(path)
    journal.append([row(1)])
    journal._database.execute("PRAGMA max_page_count = 1")
    many: list[Entry] = [LogLine(0.0, "info", "x" * 9000)] * 20
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.append(many)
    assert journal.read(0, 100) == [row(1)]
    journal._database.execute("PRAGMA max_page_count = 100000")
    assert journal.append(many) == 21


def test_an_end_that_the_disk_does_not_take_is_told_in_words(path: Path) -> None:
    journal = Journal(path)
    journal._database.execute("PRAGMA query_only = 1")
    with pytest.raises(RunFolderUnwritableError, match=r"cannot be written .*readonly"):
        journal.end()


def test_an_end_that_a_damaged_database_does_not_take_is_told_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)

    def append(entries: list[Entry]) -> int:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(journal, "append", append)
    with pytest.raises(RunFolderUnwritableError, match=r"cannot be written .*malformed"):
        journal.end()


def test_lines_of_the_log_are_found_among_the_rest(path: Path) -> None:
    journal = Journal(path)
    journal.append([*ALL_KINDS, LogLine(4.0, "info", "second")])
    assert [(line.sequence, line.line.text) for line in journal.log(0, 10)] == [
        (3, "naïve 文字"),
        (9, "second"),
    ]
    assert [line.sequence for line in journal.log(3, 10)] == [9]
    assert [line.sequence for line in journal.log(0, 1)] == [3]


def test_a_file_that_is_no_journal_is_refused_by_name(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(RunFolderError, match=r"run\.sqlite"):
        Journal(path)


def test_a_newer_journal_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RunFolderError, match="version 99"):
        Journal(path)


def test_a_journal_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderUnwritableError):
        Journal(tmp_path / "missing" / "run.sqlite")


def test_a_journal_of_version_1_is_taken_on(path: Path) -> None:
    """It knew no further figures; its curves and all that comes after them can be read."""
    with sqlite3.connect(path) as database:
        columns = "step, epoch, examples, seconds, split, loss, error, learning_rate"
        database.executescript(f"""
            CREATE TABLE metric (sequence INTEGER PRIMARY KEY, {columns}, superseded DEFAULT 0);
            CREATE TABLE event (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
            CREATE VIEW curve AS SELECT sequence, {columns} FROM metric WHERE NOT superseded;
            INSERT INTO metric VALUES (1, 2, 0, 64, 0.5, 'train', 1.5, 0.5, 0.01, 0);
            PRAGMA user_version = 1;
        """)
    journal = Journal(path)
    journal.append([row(3)])
    assert journal.read(0, 9) == [row(2), row(3)]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT step, further FROM curve").fetchall() == [
            (2, "{}"),
            (3, '{"top-5 error":0.25}'),
        ]
