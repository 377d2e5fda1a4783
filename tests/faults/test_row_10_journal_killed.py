"""What the journal has acknowledged outlives the death of its process, without a gap."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

from engine.protocol.messages import CheckpointKept, LogLine, MetricRow
from engine.store.journal import Journal
from tests.faults.killing import context, kill_after
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "10", "journal's process killed", 200


def work(path: str, acknowledged: Any, begun: Any) -> None:
    """Append rows for ever, and tell the number that is safe after each commit."""
    journal = Journal(Path(path))
    for number in itertools.count(journal.last_sequence):
        row = MetricRow(number, 0, number, 0.0, "train", 1.0, 0.5, 0.1)
        acknowledged.value = journal.append([row, LogLine(0.0, "info", "x" * 500), CheckpointKept(number)])
        begun.value = 1


def body(count: int, folder: Path) -> Outcome:
    """Kill the journal's process ``count`` times; each time read all that it has."""
    chance = random.Random(10)
    path = folder / "run.sqlite"
    acknowledged, begun = context.RawValue("q"), context.RawValue("b")
    survived = lost = 0
    for _ in range(count):
        kill_after(work, (str(path), acknowledged), begun, chance.uniform(0, 0.03))
        journal = Journal(path)
        missing = max(acknowledged.value - journal.last_sequence, 0)
        whole = len(journal.read(0, journal.last_sequence)) == journal.last_sequence
        journal.close()
        lost += missing
        survived += whole and not missing
    return Outcome(count, survived, "0 lost, 0 gaps", f"{lost} lost of {acknowledged.value}")


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    assert body(10, tmp_path).holds
