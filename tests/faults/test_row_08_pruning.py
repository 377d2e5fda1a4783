"""Old checkpoints go only after the new one was verified: a death while pruning leaves at least two."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

from engine import checkpoint
from engine.checkpoint import reader
from engine.errors import CheckpointError
from tests.checkpoint.states import make_state
from tests.faults.killing import context, kill_after
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "8", "death while pruning", 200


def work(folder: str, first: int, begun: Any) -> None:
    """Save one checkpoint after the other, keeping three."""
    for step in itertools.count(first):
        checkpoint.save(Path(folder), make_state(step), keep=3)
        if step >= first + 3:
            begun.value = 1


def loadable(folder: Path) -> list[int]:
    """Return the steps of the checkpoints that can be read."""
    steps = []
    for path in sorted(folder.glob("step-*.json")):
        try:
            steps.append(reader.load(path).step)
        except CheckpointError:
            continue
    return steps


def body(count: int, folder: Path) -> Outcome:
    """Kill a process that saves all the time ``count`` times; count what can be read then."""
    chance = random.Random(8)
    begun = context.RawValue("b")
    survived, fewest, first = 0, 9, 1
    for _ in range(count):
        kill_after(work, (str(folder), first), begun, chance.uniform(0, 0.03))
        steps = loadable(folder)
        survived += len(steps) >= 2
        fewest = min(fewest, len(steps))
        first = max(steps, default=0) + 1
    return Outcome(count, survived, "≥ 2 loadable", f"{fewest} at least")


def test_a_death_while_pruning_leaves_two(tmp_path: Path) -> None:
    assert body(5, tmp_path).holds
