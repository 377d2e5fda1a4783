"""What is drawn of a long run tells of all its rows that count."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from engine.curves import Columns, join, thin, unpack
from engine.protocol.messages import CheckpointKept, MetricRow, Rewound, RunState, Split, StateChanged
from engine.store.blocks import ROWS
from engine.store.journal import Journal


def row(step: int, loss: float = 1.0, split: Split = "train", **further: float) -> MetricRow:
    return MetricRow(step, step // 10, step * 32, step * 0.25, split, loss, loss / 2, 0.01, further)


def curve(journal: Journal, most: int, first: int = 0, last: int = 2**62, split: Split = "train") -> Columns:
    return unpack(journal.curve(split, most, first, last))


def plainly(journal: Journal, split: Split) -> list[MetricRow]:
    """The rows of a split that count, by going through all entries."""
    rows: list[MetricRow] = []
    for entry in journal.read(0, 100_000):
        if isinstance(entry, Rewound):
            rows = [row for row in rows if row.step <= entry.step]
        elif isinstance(entry, MetricRow) and entry.split == split:
            rows.append(entry)
    return rows


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "run.sqlite")


@pytest.mark.parametrize("most", [1, 7, 40, 1000])
@pytest.mark.parametrize("batch", [1, 10, 1000])
def test_points_stand_for_all_rows_with_their_means_and_extremes(
    journal: Journal, most: int, batch: int
) -> None:
    losses = np.random.default_rng(0).normal(size=500).tolist()
    losses[77], losses[78], losses[200] = math.nan, math.inf, 50.0
    rows = [row(step, loss) for step, loss in enumerate(losses)]
    for start in range(0, len(rows), batch):
        journal.append(rows[start : start + batch])
    found = curve(journal, most)
    counts = found["rows"].astype(int)
    assert len(counts) <= most
    assert counts.sum() == 500
    stop = 0
    for point, count in enumerate(counts):
        start, stop = stop, stop + count
        part = np.array(losses[start:stop])
        part = part[np.isfinite(part)]
        assert found["step"][point] == stop - 1
        assert found["seconds"][point] == (stop - 1) * 0.25
        if len(part):
            if len(part) == count or count <= ROWS:  # else blocks weigh as much as those without gaps
                assert found["loss"][point] == pytest.approx(part.mean(), rel=1e-9)
            assert (found["loss_low"][point], found["loss_high"][point]) == (part.min(), part.max())
        else:
            assert np.isnan(found["loss"][point])
    assert np.nanmax(found["error_high"]) == 25.0


@pytest.mark.parametrize(("first", "last"), [(0, 99), (3, 3), (31, 32), (40, 900), (990, 2000), (5000, 6000)])
def test_a_part_of_the_run_is_given_row_by_row(journal: Journal, first: int, last: int) -> None:
    journal.append([row(step, loss=step / 7) for step in range(1000)])
    found = curve(journal, 1000, first, last)
    expected = [step for step in range(1000) if first <= step <= last]
    assert found["step"].tolist() == expected
    assert found["loss"].tolist() == [step / 7 for step in expected]
    assert (found["rows"] == 1).all()


def test_a_part_with_too_many_rows_is_given_in_points_that_reach_both_ends(journal: Journal) -> None:
    journal.append([row(step) for step in range(1000)])
    found = curve(journal, 10, 100, 900)
    assert len(found["step"]) <= 10
    assert found["step"][0] - found["rows"][0] < 100
    assert found["step"][-1] >= 900


@pytest.mark.parametrize("again", [False, True])
def test_rows_that_a_rewinding_overtook_count_no_more(tmp_path: Path, *, again: bool) -> None:
    random = np.random.default_rng(3)
    journal, step = Journal(tmp_path / "run.sqlite"), 0
    for _ in range(60):
        if random.random() < 0.2:
            step = int(random.integers(0, step + 1))
            batch: list[MetricRow | Rewound] = [Rewound(step)]
        else:
            batch = []
        for _ in range(int(random.integers(1, 90))):
            step += 1
            batch.append(row(step, random.normal()))
            if random.random() < 0.1:
                batch.append(row(step, random.normal(), "validation"))
        journal.append(batch)
        if again:
            journal.close()
            journal = Journal(tmp_path / "run.sqlite")
    for split in ("train", "validation"):
        rows = plainly(journal, split)
        assert curve(journal, 100_000, split=split)["loss"].tolist() == [each.loss for each in rows]
        few = curve(journal, 50, split=split)
        assert few["rows"].sum() == len(rows)
        assert few["loss_high"].max() == max(each.loss for each in rows)


def test_further_figures_are_means_over_the_rows_that_have_them(journal: Journal) -> None:
    journal.append([row(step, **({"top-5 error": step / 100} if step % 2 else {})) for step in range(ROWS)])
    assert curve(journal, 1)["top-5 error"] == pytest.approx([np.arange(1, ROWS, 2).mean() / 100])


def test_an_overview_has_all_events_and_ends_where_the_journal_does(journal: Journal) -> None:
    events = [StateChanged(1.0, RunState.TRAINING), CheckpointKept(5), Rewound(5)]
    journal.append([events[0], row(5), events[1], row(6), events[2], row(7, split="test")])
    overview = journal.overview(100)
    assert overview.sequence == 6
    assert list(overview.events) == events
    assert {each.split: unpack(each)["step"].tolist() for each in overview.curves} == {
        "train": [5],
        "test": [7],
    }


def test_entries_that_the_disk_refused_are_in_no_block(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([row(step) for step in range(ROWS - 1)])
    with monkeypatch.context() as broken:
        broken.setattr("engine.store.blocks._point", lambda rows: (_ for _ in ()).throw(sqlite3.Error))
        with pytest.raises(sqlite3.Error):
            journal.append([row(ROWS, 9.0)])
    journal.append([row(ROWS, 3.0)])
    found = curve(journal, 1)
    assert (found["rows"][0], found["loss_high"][0]) == (ROWS, 3.0)


def without_blocks(path: Path, rows: int) -> Journal:
    """A journal that a version without blocks has left."""
    journal = Journal(path)
    journal.append([row(step, loss=float(step)) for step in range(rows)])
    journal.close()
    with sqlite3.connect(path) as database:
        database.executescript("DROP TABLE block; DROP INDEX metric_seldom; PRAGMA user_version = 2; VACUUM;")
    return Journal(path)


def test_a_journal_from_before_there_were_blocks_is_looked_over_too_in_one_commit(tmp_path: Path) -> None:
    journal = without_blocks(tmp_path / "run.sqlite", 200)
    statements: list[str] = []
    journal._database.set_trace_callback(statements.append)
    found = curve(journal, 4)
    assert (found["rows"].sum(), found["loss_high"].max()) == (200, 199.0)
    verbs = [statement.split()[0] for statement in statements]
    assert [verb for verb in verbs if verb != "SELECT"] == ["BEGIN", *["INSERT"] * (200 // ROWS), "COMMIT"]


def test_a_disk_that_was_full_leaves_no_row_out_for_good(tmp_path: Path) -> None:
    journal = without_blocks(tmp_path / "run.sqlite", 2000)
    journal._database.execute("PRAGMA max_page_count = 1")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            journal.overview(4)
    journal._database.execute("PRAGMA max_page_count = 100000")
    assert curve(journal, 4)["rows"].sum() == 2000
    journal.append([row(2000)])
    assert curve(journal, 4)["rows"].sum() == 2001


def test_seldom_rows_are_found_without_going_through_those_of_training(journal: Journal) -> None:
    journal.append([row(step, split="test" if step % 9 == 0 else "train") for step in range(9 * ROWS)])
    statements: list[str] = []
    journal._database.set_trace_callback(statements.append)
    assert len(curve(journal, 1000, split="test")["step"]) == ROWS
    journal._database.set_trace_callback(None)
    (query,) = [statement for statement in statements if "FROM curve" in statement]
    plan = journal._database.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert [step[-1] for step in plan] == [
        "SEARCH metric USING INDEX metric_seldom (split=? AND sequence>? AND sequence<?)"
    ]


def test_joining_points_weighs_them_by_their_rows() -> None:
    names = ("step", "epoch", "examples", "seconds", "learning_rate", "error", "error_low", "error_high")
    columns = {name: np.array([1.0, 2.0, 3.0]) for name in names}
    columns |= {"rows": np.array([1.0, 3.0, 5.0]), "loss": np.array([8.0, 4.0, np.nan])}
    columns |= {"loss_low": np.array([7.0, 1.0, np.nan]), "loss_high": np.array([9.0, 5.0, np.nan])}
    joined = join(columns, np.array([0, 2]))
    assert joined["loss"][0] == 5.0
    assert np.isnan(joined["loss"][1])
    assert (joined["loss_low"][0], joined["loss_high"][0]) == (1.0, 9.0)
    assert joined["rows"].tolist() == [4.0, 5.0]
    assert joined["step"].tolist() == [2.0, 3.0]
    assert thin(columns, 3) is columns
    assert len(thin(columns, 2)["step"]) == 2
