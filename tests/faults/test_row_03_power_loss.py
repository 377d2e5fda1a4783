"""A loss of power at any moment of a save leaves the new checkpoint or the one before."""

from __future__ import annotations

import random
from pathlib import Path

from engine import checkpoint
from tests.faults.outcome import Outcome
from tests.faults.power import recorded
from tests.faults.saving import is_sound, prepare

ROW, FAULT, FULL = "3", "power loss", 1_000


def body(count: int, folder: Path) -> Outcome:
    """Lose power ``count`` times at random moments of a save, with a random part of what was not fsynced."""
    chance = random.Random(3)
    (folder / "disk").mkdir()
    states = prepare(folder / "disk")
    with recorded(folder / "disk") as moments:
        checkpoint.save(folder / "disk", states[-1])
    survived = 0
    for number in range(count):
        path = folder / str(number)
        path.mkdir()
        chance.choice(moments).lose_power(chance, path)
        survived += is_sound(path, states)
    return Outcome(count, survived, "old or new", f"{count - survived} neither; {len(moments)} moments")


def test_a_power_loss_leaves_the_old_or_the_new_checkpoint(tmp_path: Path) -> None:
    assert body(200, tmp_path).holds


def test_without_fsync_a_power_loss_would_be_noticed_here(tmp_path: Path, monkeypatch: object) -> None:
    """The replay can tell: the same save with its content never fsynced does lose both."""
    chance = random.Random(3)
    (tmp_path / "disk").mkdir()
    states = prepare(tmp_path / "disk")
    with recorded(tmp_path / "disk") as moments:
        checkpoint.save(tmp_path / "disk", states[-1], keep=1)
    bad = 0
    for number in range(100):
        path = tmp_path / str(number)
        path.mkdir()
        moment = moments[-1].copy()
        moment.synced = {}
        moment.lose_power(chance, path)
        try:
            bad += not is_sound(path, states)
        except checkpoint.format.CheckpointError:
            bad += 1
    assert bad > 50
