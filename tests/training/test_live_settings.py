"""Rate, momentum and decay change at a step's border, and a resume makes the same changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import FieldError
from engine.graph.schedules import Steps
from engine.graph.settings import TrainingSettings
from engine.protocol.messages import Edit, Edited, RollBack
from engine.training.live_settings import LiveSettings, check_edit
from engine.training.observer import Command
from tests.training.running import Recorder, fingerprint, network, run_training, save_pictures

SETTINGS = TrainingSettings(schedule=Steps(rate=0.1, factor=0.5, epochs=(1,)), momentum=0.9, decay=0.01)


def test_an_edit_holds_from_its_step_on() -> None:
    live = LiveSettings(SETTINGS, [Edited(5, "rate", 0.1, 0.2), Edited(7, "momentum", 0.9, 0.5)])
    live.begin_at(4)
    assert live.now == SETTINGS
    assert live.advance(5) == [Edited(5, "rate", 0.1, 0.2)]
    assert live.now.schedule == Steps(rate=0.2, factor=0.5, epochs=(1,))
    live.begin_at(7)
    assert (live.now.schedule.rate, live.now.momentum) == (0.2, 0.5)


def test_an_edit_tells_what_was_before() -> None:
    live = LiveSettings(SETTINGS)
    assert live.edit(3, Edit("decay", 0.0)) == Edited(3, "decay", 0.01, 0.0)
    assert live.edit(3, Edit("decay", 0.5)) == Edited(3, "decay", 0.0, 0.5)
    assert live.now.decay == 0.5


def test_a_new_edit_takes_the_place_of_one_that_waits() -> None:
    live = LiveSettings(SETTINGS, [Edited(9, "rate", 0.1, 0.9), Edited(9, "momentum", 0.9, 0.1)])
    live.begin_at(2)
    live.edit(2, Edit("rate", 0.3))
    assert live.advance(9) == [Edited(9, "momentum", 0.9, 0.1)]
    assert live.now.schedule.rate == 0.3


def test_a_roll_back_takes_later_edits_back() -> None:
    live = LiveSettings(SETTINGS)
    live.edit(2, Edit("rate", 0.3))
    live.edit(6, Edit("rate", 0.7))
    assert live.take_back(4) == 1
    live.begin_at(4)
    assert live.advance(100) == []
    assert live.now.schedule.rate == 0.3


def test_a_roll_back_to_the_checkpoint_before_an_edit_undoes_the_edit() -> None:
    live = LiveSettings(SETTINGS)
    live.edit(2, Edit("rate", 0.3))
    live.edit(4, Edit("rate", 0.7))
    live.edit(4, Edit("momentum", 0.1))
    assert live.take_back(4) == 2
    live.begin_at(4)
    assert (live.now.schedule.rate, live.now.momentum) == (0.3, SETTINGS.momentum)


def test_early_stop_and_keeping_the_best_are_settings_of_their_own_kind() -> None:
    live = LiveSettings(SETTINGS)
    assert live.edit(1, Edit("early_stop", 3.0)) == Edited(1, "early_stop", 0.0, 3.0)
    assert live.edit(1, Edit("keep_best", 0.0)) == Edited(1, "keep_best", 1.0, 0.0)
    assert (live.now.early_stop, live.now.keep_best) == (3, False)
    assert type(live.now.early_stop) is int
    assert type(live.now.keep_best) is bool


@pytest.mark.parametrize(
    "edit",
    [Edit("rate", 0.5), Edit("decay", 0.5), Edit("early_stop", 0.0), Edit("keep_best", 1.0)],
)
def test_values_in_range_are_taken(edit: Edit) -> None:
    check_edit(edit)


@pytest.mark.parametrize(
    "edit",
    [
        Edit("rate", -1.0),
        Edit("momentum", 1.0),
        Edit("decay", -0.1),
        Edit("rate", float("nan")),
        Edit("early_stop", -1.0),
        Edit("early_stop", 2.5),
        Edit("keep_best", 2.0),
        Edit("keep_best", 0.5),
    ],
)
def test_values_out_of_range_are_refused(edit: Edit) -> None:
    with pytest.raises(FieldError, match=edit.setting):
        check_edit(edit)


EDITS = {2: Edit("rate", 0.2), 3: Edit("momentum", 0.1), 5: Edit("decay", 0.3)}


def editing(stop_at: int | None = None) -> Recorder:
    """Return a recorder that asks for the edits, each once it is time, and perhaps for a stop."""
    left = dict(EDITS)

    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        step = recorder.newest.step
        commands: list[Command] = [left.pop(step)] if step in left else []
        return [*commands, "stop"] if step == stop_at else commands

    return Recorder(steer)


def test_an_edited_training_is_another_one_and_its_rows_tell_the_rate(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    recorder = editing()
    run_training(tmp_path, network(), recorder)
    rates = [row.learning_rate for row in recorder.rows if row.split == "train"]
    assert rates == pytest.approx([0.05, 0.05, 0.2, 0.2, 0.02, 0.02])
    assert recorder.edits == [
        Edited(2, "rate", 0.05, 0.2),
        Edited(3, "momentum", 0.9, 0.1),
        Edited(5, "decay", 0.01, 0.3),
    ]


def test_a_rate_that_ruins_the_weights_is_undone_by_going_back_to_the_checkpoint_before_it(
    tmp_path: Path,
) -> None:
    asked: list[bool] = []

    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        if asked or recorder.newest.step != 3:
            return ()
        asked.append(True)
        return ["checkpoint", Edit("rate", 1e30)]

    save_pictures(tmp_path)
    recorder = Recorder(steer)
    outcome, _ = run_training(tmp_path, network(), recorder)
    assert outcome == "finished"
    assert recorder.rewinds[-1][0] == 3
    assert recorder.rows[-1].learning_rate < 0.1


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_a_resume_makes_the_edits_again(tmp_path: Path, stop: int) -> None:
    """Cut off after any step, with all edits in the journal: the same weights as without the cut."""
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    whole = editing()
    _, undisturbed = run_training(tmp_path / "whole", network(), whole)
    _, run = run_training(tmp_path / "cut", network(), editing(stop))
    rest = Recorder()
    run_training(tmp_path / "cut", network(), rest, run, whole.edits)
    assert fingerprint(run) == fingerprint(undisturbed)
    assert rest.figures() == whole.figures()[-len(rest.figures()) :]
    assert rest.edits == [], "they are in the journal already"


def test_a_roll_back_ends_the_edits_made_since(tmp_path: Path) -> None:
    asked: list[bool] = []

    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        if asked or recorder.newest.step != 3:
            return ()
        asked.append(True)
        return [Edit("rate", 0.9), RollBack(2)]

    for name in ("back", "whole"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    recorder = Recorder(steer)
    _, run = run_training(tmp_path / "back", network(), recorder)
    _, undisturbed = run_training(tmp_path / "whole", network(), Recorder())
    assert fingerprint(run) == fingerprint(undisturbed)
    assert any("Edits since then, taken back: 1" in text for _, text in recorder.lines)
