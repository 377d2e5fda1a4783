"""A training killed at any instant loses an interval of checkpoints at most, and no bit of its end."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from engine.checkpoint import load_latest
from engine.graph.network_file import NetworkFile
from engine.protocol.messages import Progress
from engine.store.run_folder import RunFolder
from engine.training.run import train
from tests.faults.killing import context, kill_after
from tests.faults.outcome import Outcome
from tests.training.running import Recorder, fingerprint, make_run, network, run_training, save_pictures

ROW, FAULT, FULL = "1", "training killed at a random instant", 200
EVERY = 3
"""Epochs between two checkpoints; an epoch has 7 steps."""


def what() -> NetworkFile:
    return network(batch_size=16, epochs=24, checkpoint_every=EVERY)


class Telling(Recorder):
    """Writes the newest step where another process reads it."""

    def __init__(self, step: Any, begun: Any) -> None:
        super().__init__()
        self._step, self._begun = step, begun

    def progress(self, progress: Progress) -> None:
        super().progress(progress)
        self._step.value = progress.step
        self._begun.value = 1


def work(folder: str, step: Any, begun: Any) -> None:
    """Train on where the run was left, to its end."""
    run = RunFolder.open(Path(folder, "run"))
    state = load_latest(run.checkpoints)
    train(what(), Path(folder), run, device="cpu", observer=Telling(step, begun), checkpoint=state)


def body(count: int, folder: Path) -> Outcome:
    """Kill trainings ``count`` times, each after up to 0.2 s of steps; take them up again each time."""
    chance = random.Random(1)
    save_pictures(folder)
    (folder / "whole").mkdir()
    save_pictures(folder / "whole")
    _, whole = run_training(folder / "whole", what(), Recorder())
    expected = fingerprint(whole)
    step, begun = context.RawValue("q"), context.RawValue("b")
    kills = survived = ends = equal = most_lost = 0
    while kills < count or not ends:
        path = folder / f"training-{ends}"
        path.mkdir()
        save_pictures(path)
        run = make_run(path, what())
        code = None
        while code is None:
            step.value = 0
            seconds = chance.uniform(0, 0.2) if kills < count else 60.0  # at last one may go to its end
            code = kill_after(work, (str(path), step), begun, seconds)
            if code is None:
                kills += 1
                state = load_latest(run.checkpoints)  # raises what cannot be read
                lost = step.value - (0 if state is None else state.step)
                most_lost = max(most_lost, lost)
                survived += lost <= EVERY * 7
        assert code == 0, f"exit code {code}"
        ends += 1
        equal += fingerprint(run) == expected
    return Outcome(
        kills,
        survived,
        f"0 unreadable; ≤ {EVERY * 7} steps lost; final weights equal",
        f"{most_lost} steps lost at most; {equal} of {ends} ends equal",
        equal == ends,
    )


def test_a_killed_training_goes_on_to_the_same_end(tmp_path: Path) -> None:
    assert body(3, tmp_path).holds
