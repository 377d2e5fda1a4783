"""A number that is not finite is noticed at once, and training goes back to a sound checkpoint by itself."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoint import ArrayFile, load_latest
from engine.errors import NotFiniteError
from engine.training import keeper
from engine.training.health import first_not_finite
from engine.training.monitor import CHECK_EVERY
from engine.training.recovery import MOST_ROLL_BACKS
from engine.training.run import train
from engine.training.trainer import Trainer
from tests.faults.outcome import Outcome
from tests.training.running import (
    Recorder,
    fingerprint,
    make_run,
    network,
    run_training,
    save_pictures,
)

ROW, FAULT, FULL = "31", "NaN in a batch or a weight", 100
STEPS = 60
POISONS = {"data.output": "batch", "conv.weights": "weight", "fc2.weights.velocity": "weight"}


class Poisoned(Trainer):
    """Finds NaN in an array at a step, a number of times; ``noticed`` is the step at which it saw that."""

    step, array, times = 0, "", 1
    noticed = 0

    def _feed(self, batch: Any) -> None:
        super()._feed(batch)
        if self.place.step == self.step and self.times:
            self.times -= 1
            self._arrays[self.array].reshape(-1)[0] = np.nan

    def _recover(self, error: NotFiniteError) -> None:
        type(self).noticed = self.place.step
        super()._recover(error)


def poisoned(step: int, array: str, times: int = 1) -> type[Poisoned]:
    return type("Poisoned", (Poisoned,), {"step": step, "array": array, "times": times})


def watch_checkpoints(patch: pytest.MonkeyPatch, unsound: list[int]) -> None:
    """Note each checkpoint that holds a number that is not finite."""
    original = keeper.write_arrays

    def write_arrays(folder: Path, step: int, arrays: Any, begins: Any) -> ArrayFile:
        if first_not_finite(arrays) is not None:
            unsound.append(step)
        return original(folder, step, arrays, begins)

    patch.setattr(keeper, "write_arrays", write_arrays)


def body(count: int, folder: Path) -> Outcome:
    """Poison ``count`` trainings once each; all end with the weights of the one that was not poisoned."""
    chance = random.Random(31)
    save_pictures(folder)
    what = network(epochs=STEPS // 2, checkpoint_every=3)
    _, whole = run_training(folder, what, Recorder(), make_run(folder, what))
    expected = fingerprint(whole)
    survived = 0
    late: dict[str, int] = {"batch": 0, "weight": 0}
    unsound: list[int] = []
    for number in range(count):
        array = list(POISONS)[number % len(POISONS)]
        step = chance.randrange(1, STEPS)
        kind = poisoned(step, array)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engine.training.run.Trainer", kind)
            watch_checkpoints(patch, unsound)
            recorder = Recorder()
            path = folder / str(number)
            path.mkdir()
            save_pictures(path)
            run = make_run(path, what)
            outcome = train(what, path, run, device="cpu", observer=recorder)
        (rewind,) = recorder.rewinds
        noticed = kind.noticed - step
        late[POISONS[array]] = max(late[POISONS[array]], noticed)
        survived += outcome == "finished" and rewind[0] <= step and fingerprint(run) == expected
    measured = f"noticed after {late['batch']} and {late['weight']} steps, {len(unsound)} unsound checkpoints"
    return Outcome(
        count,
        survived,
        "loss ≤ 1 step, weights ≤ 10, 0 unsound checkpoints",
        measured,
        late["batch"] <= 1 and late["weight"] <= CHECK_EVERY and not unsound,
    )


def test_a_poisoned_training_recovers(tmp_path: Path) -> None:
    assert body(3, tmp_path).holds


def test_what_comes_again_at_the_same_step_ends_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each checkpoint is tried, the newest first, and then the start: all comes as before."""
    monkeypatch.setattr("engine.training.run.Trainer", poisoned(5, "data.output", times=9))
    save_pictures(tmp_path)
    recorder = Recorder()
    with pytest.raises(NotFiniteError, match="Step 5"):
        run_training(tmp_path, network(), recorder)
    assert [step for step, _ in recorder.rewinds] == [4, 2, 0]
    assert isinstance(recorder.rewinds[0][1], NotFiniteError)


def test_a_checkpoint_of_weights_beyond_help_is_left_for_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights are huge, but finite, when the checkpoint of step 4 is kept; the loss overflows after it."""
    broken: list[int] = []

    class Exploding(Trainer):
        def _end_epoch(self) -> None:
            if self.place.step == 4 and not broken:
                broken.append(4)
                self._arrays["fc1.weights"][...] = 3e38
                self._arrays["fc2.weights"][...] = 3e38
            super()._end_epoch()

    for name in ("broken", "whole"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    what = network(test_every=100)
    _, whole = run_training(tmp_path / "whole", what, Recorder())
    monkeypatch.setattr("engine.training.run.Trainer", Exploding)
    recorder = Recorder()
    with np.errstate(all="ignore"):
        outcome, run = run_training(tmp_path / "broken", what, recorder)
    assert outcome == "finished"
    assert [step for step, _ in recorder.rewinds] == [4, 2]
    assert fingerprint(run) == fingerprint(whole)


def test_it_goes_back_a_number_of_times_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()

    class EachStep(Trainer):
        def _feed(self, batch: Any) -> None:
            super()._feed(batch)
            if self.place.step not in seen:
                seen.add(self.place.step)
                self._arrays["data.output"].reshape(-1)[0] = np.nan

    monkeypatch.setattr("engine.training.run.Trainer", EachStep)
    save_pictures(tmp_path)
    recorder = Recorder()
    with pytest.raises(NotFiniteError):
        run_training(tmp_path, network(epochs=10), recorder)
    assert len(recorder.rewinds) == MOST_ROLL_BACKS


def test_no_checkpoint_is_kept_of_weights_that_are_not_finite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weight is poisoned right before a checkpoint is asked for; the one before is taken up."""

    class AtCheckpoint(Trainer):
        times = 1

        def _keep_checkpoint(self) -> None:
            if self.place.step == 4 and self.times:
                self.times -= 1
                self._arrays["conv.weights"].reshape(-1)[0] = np.inf
            super()._keep_checkpoint()

    unsound: list[int] = []
    watch_checkpoints(monkeypatch, unsound)
    monkeypatch.setattr("engine.training.run.Trainer", AtCheckpoint)
    save_pictures(tmp_path)
    recorder = Recorder()
    outcome, run = run_training(tmp_path, network(), recorder)
    assert outcome == "finished"
    assert unsound == []
    assert [step for step, _ in recorder.rewinds] == [2]
    final = load_latest(run.checkpoints)
    assert final is not None
    assert first_not_finite(final.tensors) is None
