"""The best checkpoint outlives newer ones, and a training that gets no better ends early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from engine.checkpoint.format import manifest_steps
from engine.protocol.messages import Edit, RollBack, RunState
from engine.training.best import Best
from engine.training.observer import Command
from tests.training.running import Recorder, last_checkpoint, network, run_training, save_pictures

STEPS_AN_EPOCH = 2


def test_ties_go_to_the_earlier_and_nan_is_never_best() -> None:
    best = Best().after(2, math.nan).after(4, 0.5).after(6, 0.5).after(8, math.nan)
    assert best == Best(0.5, 4, 2)
    assert best.after(10, 0.4) == Best(0.4, 10, 0)


def validation_errors(recorder: Recorder) -> dict[int, float]:
    return {row.step: row.error for row in recorder.rows if row.split == "validation"}


def test_the_best_checkpoint_is_kept_beside_the_newest(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    recorder = Recorder()
    _, run = run_training(tmp_path, network(epochs=9, keep_checkpoints=2), recorder)
    errors = validation_errors(recorder)
    best = min(errors, key=lambda step: (errors[step], step))
    assert manifest_steps(run.checkpoints) == sorted({best, 16, 18})
    assert last_checkpoint(run).best == {"error": errors[best], "step": best, "waited": (18 - best) // 2}


def test_training_ends_after_tests_without_a_lower_error(tmp_path: Path) -> None:
    """A rate of nearly 0 changes no answer: the first test is the best one."""
    save_pictures(tmp_path)
    recorder = Recorder()
    outcome, _ = run_training(tmp_path, network(epochs=9, early_stop=3, decay=0.0, batch_size=50), recorder)
    errors = validation_errors(recorder)
    best = min(errors, key=lambda step: (errors[step], step))
    assert outcome == "finished"
    assert max(errors) == min(best + 3 * STEPS_AN_EPOCH, 18)
    assert recorder.snapshots[-1] == max(errors)


def test_a_resume_waits_on_where_it_was(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    what = network(epochs=9, early_stop=4)
    whole = Recorder()
    (tmp_path / "cut").mkdir()
    save_pictures(tmp_path / "cut")
    run_training(tmp_path, what, whole)
    stop = Recorder(lambda recorder, _: ["stop"] if recorder.newest.step == 5 else [])
    _, run = run_training(tmp_path / "cut", what, stop)
    rest = Recorder()
    run_training(tmp_path / "cut", what, rest, run)
    assert rest.newest.step == whole.newest.step


def asking(commands: dict[int, Command]) -> Recorder:
    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        step = recorder.newest.step
        return [commands.pop(step)] if step in commands else ()

    return Recorder(steer)


def test_epochs_may_be_added_and_taken_away(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    recorder = asking({3: Edit("epochs", 5.0), 7: Edit("epochs", 4.0)})
    outcome, _ = run_training(tmp_path, network(), recorder)
    newest = recorder.newest
    assert outcome == "finished"
    assert (newest.step, newest.total_steps, newest.epochs, newest.eta_seconds) == (8, 8, 4, 0.0)
    assert recorder.snapshots[-1] == 8, "the end is among the snapshots, wherever it is"


def test_a_test_in_between_changes_nothing_but_the_rows(tmp_path: Path) -> None:
    for name in ("asked", "whole"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    asked = asking({3: "test"})
    _, run = run_training(tmp_path / "asked", network(), asked)
    whole = Recorder()
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    extra = [figures for figures in asked.figures() if figures not in whole.figures()]
    assert [(figures[0], figures[3]) for figures in extra] == [(3, "validation"), (3, "test")]
    assert last_checkpoint(run).tensors.keys() == last_checkpoint(undisturbed).tensors.keys()
    for name, array in last_checkpoint(undisturbed).tensors.items():
        assert (last_checkpoint(run).tensors[name] == array).all()
    assert asked.states.count(RunState.TESTING) == whole.states.count(RunState.TESTING) + 1


def test_early_stop_may_be_set_while_training_and_a_resume_sets_it_again(tmp_path: Path) -> None:
    """A rate of nearly 0 changes no answer: after the edit, two tests without a lower error are enough."""
    save_pictures(tmp_path)
    what = network(epochs=9, decay=0.0, batch_size=50)
    recorder = asking({3: Edit("early_stop", 2.0), 4: "stop"})
    _, run = run_training(tmp_path, what, recorder)
    assert [(edit.step, edit.setting, edit.new) for edit in recorder.edits] == [(3, "early_stop", 2.0)]
    rest = Recorder()
    outcome, _ = run_training(tmp_path, what, rest, run, recorder.edits)
    errors = validation_errors(recorder) | validation_errors(rest)
    best = min(errors, key=lambda step: (errors[step], step))
    assert outcome == "finished"
    assert max(errors) == min(best + 2 * STEPS_AN_EPOCH, 18)


def test_the_best_is_kept_no_more_once_nobody_wants_it(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    recorder = asking({17: Edit("keep_best", 0.0)})
    _, run = run_training(tmp_path, network(epochs=9, keep_checkpoints=2), recorder)
    assert manifest_steps(run.checkpoints) == [16, 18]
    assert ("info", "After step 17: the best checkpoint is not kept any more") in recorder.lines


def test_a_roll_back_to_where_no_checkpoint_is_left_is_told_and_takes_nothing_away(tmp_path: Path) -> None:
    """Two are kept: when step 9 asks for step 2, those of 6 and 8 are there."""
    save_pictures(tmp_path)
    recorder = asking({9: RollBack(2)})
    outcome, _ = run_training(tmp_path, network(epochs=6, keep_checkpoints=2, keep_best=False), recorder)
    assert outcome == "finished"
    assert recorder.rewinds == []
    assert any("no checkpoint of step 2 or before" in text for _, text in recorder.lines)
