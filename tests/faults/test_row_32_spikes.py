"""A loss that leaps is flagged, a loss that is only noisy is not; going back is done when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.graph.examples import load_example
from engine.protocol.messages import RollBack
from engine.training.health import SpikeWatch
from engine.training.observer import Command
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

ROW, FAULT, FULL = "32", "loss spike", 100
NOISE = ("normal", "exponential", "log-normal")


def course(kind: str, steps: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return losses that fall from 2.3 to 0.2 and scatter about that: alike on both sides, or with a tail."""
    chance = np.random.default_rng([seed, NOISE.index(kind)])
    level = 0.2 + 2.1 * np.exp(-np.arange(steps) / 500)
    match kind:
        case "normal":
            scatter = 1 + 0.15 * chance.standard_normal(steps)
        case "exponential":
            scatter = 0.5 + 0.5 * chance.exponential(1.0, steps)
        case _:
            scatter = np.exp(0.5 * chance.standard_normal(steps))
    return level * scatter


def body(count: int, folder: Path) -> Outcome:
    """Multiply one batch by 1,000 in ``count`` trainings, and watch 10,000 noisy losses of each kind."""
    latest = survived = 0
    for number in range(count):
        step = 25 + number % 50
        late = flagged_after(folder / str(number), step)
        survived += late is not None and late <= 5
        latest = max(latest, late or 0)
    alarms = {kind: false_alarms(kind, 10_000 * max(count // 10, 1)) for kind in NOISE}
    worst = max(alarms.values())
    measured = f"flagged after {latest} steps; {worst:.2f} false alarms in 10,000"
    return Outcome(count, survived, "≤ 5 steps; ≤ 1 false alarm in 10,000", measured, worst <= 1)


def flagged_after(folder: Path, step: int) -> int | None:
    """Multiply the batch of a step by 1,000, once; return after how many steps that was flagged."""
    spiked: list[int] = []

    class Spiked(Trainer):
        def _step(self, batch: Any) -> None:
            if self.place.step == step and not spiked:
                spiked.append(step)
                batch = replace(batch, pictures=batch.pictures * 1000)
            super()._step(batch)

    folder.mkdir()
    example = load_example("digits")
    what = replace(example, training=replace(example.training, batch_size=32, epochs=2))
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.training.run.Trainer", Spiked)
        train(what, folder, make_run(folder, what), device="cpu", observer=recorder)
    flagged = [spike[0] - step for spike in recorder.spikes]
    return flagged[0] if flagged and flagged[0] >= 0 else None


def false_alarms(kind: str, steps: int) -> float:
    """Return how many losses in 10,000 are flagged though nothing happened."""
    watch = SpikeWatch()
    flagged = sum(watch.judge(float(loss)) is not None for loss in course(kind, steps, seed=1))
    return flagged / steps * 10_000


def test_a_spike_is_flagged_and_noise_is_not(tmp_path: Path) -> None:
    assert body(2, tmp_path).holds


def test_a_loss_that_stays_high_is_flagged_once_and_becomes_usual() -> None:
    watch = SpikeWatch()
    losses = [1.0] * 100 + [50.0] * 300 + [2000.0]
    assert [step for step, loss in enumerate(losses) if watch.judge(loss)] == [100, 400]


def test_late_in_a_training_one_wrong_answer_is_no_spike() -> None:
    """The loss at the start is the measure, also after a resume."""
    watch = SpikeWatch(first_loss=2.3)
    assert not any(watch.judge(loss) for loss in [0.001] * 200 + [1.5])
    assert watch.judge(20.0)


def test_nothing_is_judged_before_something_is_usual() -> None:
    watch = SpikeWatch()
    assert not any(watch.judge(loss) for loss in [1.0, 1e9, 3.0, float("nan")])


def test_going_back_is_done_when_it_is_asked_for(tmp_path: Path) -> None:
    """From step 5 to the checkpoint of step 2, though there is one of step 4; all then comes as before."""
    asked: list[bool] = []

    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        if recorder.newest.step == 5 and not asked:
            asked.append(True)
            return [RollBack(3)]
        return ()

    for name in ("back", "whole"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    recorder, whole = Recorder(steer), Recorder()
    _, run = run_training(tmp_path / "back", network(), recorder)
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    assert recorder.rewinds == [(2, None)]
    assert fingerprint(run) == fingerprint(undisturbed)
    before = [row for row in whole.figures() if row[0] <= 5 and (row[0], row[3]) != (6, "train")]
    assert recorder.figures()[: len(before)] == before
    assert recorder.checkpoints == [2, 4, 4, 6]


@pytest.mark.parametrize("paused", [False, True])
def test_without_a_checkpoint_it_goes_back_to_the_start(tmp_path: Path, paused: bool) -> None:
    asked: list[bool] = []

    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        if wait:
            return ["resume"] if asked else asked.append(True) or [RollBack(0)]
        if recorder.newest.step == 3 and not asked:
            if paused:
                return ["pause"]
            asked.append(True)
            return [RollBack(0)]
        return ()

    for name in ("back", "whole"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    recorder, whole = Recorder(steer), Recorder()
    _, run = run_training(tmp_path / "back", network(), recorder)
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    assert recorder.rewinds == [(0, None)]
    assert fingerprint(run) == fingerprint(undisturbed)
    assert recorder.newest.step == 6
