"""The journal tells which edits hold."""

from __future__ import annotations

from pathlib import Path

from engine.protocol.messages import CheckpointKept, Edited, Entry, Rewound
from engine.store.journal import Journal

RATE, LATER, MOMENTUM = (
    Edited(10, "rate", 0.1, 0.2),
    Edited(30, "rate", 0.2, 0.4),
    Edited(20, "momentum", 0.9, 0.5),
)


def held(folder: Path, *entries: Entry) -> tuple[Edited, ...]:
    journal = Journal(folder / "run.sqlite")
    journal.append(entries)
    return journal.edits().held


def test_all_edits_hold_after_a_resume(tmp_path: Path) -> None:
    assert held(tmp_path, RATE, CheckpointKept(15), MOMENTUM, LATER, Rewound(15)) == (RATE, MOMENTUM, LATER)


def test_a_roll_back_takes_those_back_that_were_made_since(tmp_path: Path) -> None:
    assert held(tmp_path, RATE, MOMENTUM, LATER, Rewound(20, None, True)) == (RATE,)


def test_a_later_one_overtakes_those_of_later_steps(tmp_path: Path) -> None:
    newer = Edited(15, "rate", 0.2, 0.3)
    assert held(tmp_path, RATE, MOMENTUM, LATER, Rewound(12), newer) == (RATE, MOMENTUM, newer)
