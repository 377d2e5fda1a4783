"""A journal whose tail is torn off anywhere is read to its last good record, without an error."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.protocol.messages import Entry, LogLine, SnapshotKept
from engine.store.journal import Journal
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "11", "torn tail of the journal", 4_096


def body(count: int, folder: Path) -> Outcome:
    """Cut the journal's newest part at ``count`` of the last 4,096 bytes, evenly spread."""
    journal = Journal(folder / "run.sqlite")
    entries: list[Entry] = []
    for number in range(20):
        new: list[Entry] = [SnapshotKept(number), LogLine(0.0, "info", f"line {number}")]
        entries += new
        journal.append(new)
    tail = (folder / "run.sqlite-wal").read_bytes()
    survived, fewest = 0, len(entries)
    for number in range(count):
        cut = 1 + number * FULL // count
        path = folder / "cut" / "run.sqlite"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(folder / "run.sqlite", path)
        path.with_name("run.sqlite-wal").write_bytes(tail[:-cut])
        torn = Journal(path)
        found = torn.read(0, 1000)
        torn.close()
        shutil.rmtree(path.parent)
        fewest = min(fewest, len(found))
        survived += found == entries[: len(found)] and len(found) % 2 == 0 and len(found) >= len(entries) - 2
    journal.close()
    return Outcome(
        count, survived, "0 exceptions, stops at the last good record", f"{fewest} of {len(entries)} left"
    )


def test_a_torn_tail_costs_the_last_commit_at_most(tmp_path: Path) -> None:
    assert body(64, tmp_path).holds
