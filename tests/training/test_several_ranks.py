"""A training on several devices is that of one device: ranks are threads here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoint import ArrayFile, CheckpointState, load_latest
from engine.errors import CheckpointError, NotFiniteError
from engine.graph.network_file import NetworkFile
from engine.parallel.communicators.local import LocalCommunicator, run_ranks
from engine.parallel.team import Team
from engine.protocol.messages import Edit, RollBack, RunState
from engine.store.run_folder import RunFolder
from engine.store.snapshots import SnapshotStore
from engine.training import keeper
from engine.training.observer import Command, Silent
from engine.training.run import train
from engine.training.trainer import Outcome
from kernels.cpu.vector.target import OFF, SETTING
from tests.training.running import (
    Recorder,
    last_checkpoint,
    make_run,
    network,
    run_training,
    save_pictures,
    stop_at,
)

TOLERANCE = 2e-5
"""In float32, relative to the largest value of an array: sums over ranks are rounded in another order."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Return a new run folder, beside the pictures. Kernels are plain ones, which need no compiling."""
    monkeypatch.setenv(SETTING, OFF)
    save_pictures(tmp_path)
    return make_run(tmp_path, network())


def train_split(
    run: RunFolder, ranks: int, split: str, recorder: Recorder, what: NetworkFile | None = None
) -> Outcome:
    """Train on ranks that are threads, from the run's newest checkpoint on."""

    def work(line: LocalCommunicator) -> Outcome:
        leads = line.rank == 0
        return train(
            what or network(),
            run.path.parent,
            run,
            device=f"cpu:{ranks}",
            observer=recorder if leads else Silent(),
            checkpoint=load_latest(run.checkpoints) if leads else None,
            split=split,
            team=Team(line),
        )

    outcomes = set(run_ranks(ranks, work))
    assert len(outcomes) == 1
    return outcomes.pop()


def train_alone(folder: Path, recorder: Recorder) -> CheckpointState:
    """Train the same on one device, and return where it ends."""
    folder.mkdir()
    save_pictures(folder)
    _, run = run_training(folder, network(), recorder)
    return last_checkpoint(run)


def assert_close(one: CheckpointState, other: CheckpointState) -> None:
    assert one.tensors.keys() == other.tensors.keys()
    for name, values in one.tensors.items():
        assert np.allclose(values, other.tensors[name], rtol=0, atol=TOLERANCE * np.abs(values).max()), name


@pytest.mark.parametrize(
    ("ranks", "split"), [(2, "data"), (2, "model"), (3, "hybrid"), (2, "hybrid-b"), (3, "hybrid-c")]
)
def test_weights_and_figures_are_those_of_one_device(
    run: RunFolder, tmp_path: Path, ranks: int, split: str
) -> None:
    alone, together = Recorder(), Recorder()
    one = train_alone(tmp_path / "alone", alone)
    assert train_split(run, ranks, split, together) == "finished"
    assert_close(one, last_checkpoint(run))
    assert together.states == alone.states
    for mine, theirs in zip(alone.figures(), together.figures(), strict=True):
        assert mine[:4] == theirs[:4]
        assert mine[4:] == pytest.approx(theirs[4:], rel=1e-4)
    assert together.snapshots == alone.snapshots
    assert alone.newest.communication_share is None
    assert together.newest.communication_share is not None
    assert 0.0 < together.newest.communication_share < 1.0
    kept = SnapshotStore(run.snapshots).read(together.snapshots[-1], "conv.weights")
    assert np.array_equal(kept, last_checkpoint(run).tensors["conv.weights"])


def test_each_rank_writes_its_part_of_a_checkpoint(run: RunFolder) -> None:
    train_split(run, 3, "hybrid", stop_at(3))
    assert len(list(run.checkpoints.glob("step-000000000003-*.safetensors"))) == 3


@pytest.mark.parametrize(("ranks", "split"), [(3, "data"), (1, ""), (4, "model"), (2, "hybrid-c")])
def test_a_training_goes_on_under_another_split_from_the_same_bits(
    run: RunFolder, ranks: int, split: str
) -> None:
    train_split(run, 2, "hybrid", stop_at(3))
    before = last_checkpoint(run)
    train_split(run, ranks, split, Recorder(lambda *_: [RollBack(3), "stop"]))
    after = last_checkpoint(run)
    assert (after.step, after.cursor) == (before.step, before.cursor)
    for name, values in before.tensors.items():
        assert np.array_equal(values, after.tensors[name]), name


def test_edits_pauses_and_roll_backs_hold_on_all_ranks(run: RunFolder, tmp_path: Path) -> None:
    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        if wait:
            return ["resume"]
        if recorder.newest.step == 2 and not recorder.edits:
            return ["checkpoint", Edit("rate", 0.01), "pause"]
        return [RollBack(2)] if recorder.newest.step == 4 and not recorder.rewinds else []

    alone, together = Recorder(steer), Recorder(steer)
    one = train_alone(tmp_path / "alone", alone)
    train_split(run, 3, "hybrid", together)
    assert [edit.new for edit in together.edits] == [0.01]
    assert RunState.PAUSED in together.states
    assert [step for step, _ in together.rewinds] == [2]
    assert_close(one, last_checkpoint(run))


def test_a_loss_that_is_not_finite_sends_all_ranks_back(run: RunFolder, tmp_path: Path) -> None:
    def steer(recorder: Recorder, wait: bool) -> Sequence[Command]:
        return [Edit("rate", 1e30)] if recorder.newest.step == 3 and not recorder.edits else []

    alone, together = Recorder(steer), Recorder(steer)
    train_alone(tmp_path / "alone", alone)
    assert train_split(run, 2, "hybrid", together) == "finished"
    assert {type(cause) for _, cause in together.rewinds} == {NotFiniteError}
    assert [step for step, _ in together.rewinds] == [step for step, _ in alone.rewinds]
    assert all(np.isfinite(values).all() for values in last_checkpoint(run).tensors.values())


def test_a_part_that_cannot_be_written_is_told_and_training_goes_on(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_arrays = keeper.write_arrays
    refused = CheckpointError(path="disk", expected="room", found="none", hint="Make room.")

    def refuse(folder: Path, step: int, arrays: Any, begins: Any) -> ArrayFile:
        if step == 2 and begins.get("fc1.weights", (0,))[0]:
            raise refused  # on the second rank
        return write_arrays(folder, step, arrays, begins)

    monkeypatch.setattr(keeper, "write_arrays", refuse)
    recorder = Recorder()
    assert train_split(run, 2, "data", recorder) == "finished"
    assert [str(error) for error in recorder.refusals] == [str(refused)]
    assert recorder.checkpoints == [4, 6]


@pytest.mark.parametrize(("ranks", "split"), [(2, "data"), (3, "hybrid-b")])
def test_answers_averaged_over_views_are_those_of_one_device(
    run: RunFolder, tmp_path: Path, ranks: int, split: str
) -> None:
    views = replace(network().data, test_views="nine", border=1)
    what = replace(network(epochs=1), data=views)
    alone, together = Recorder(), Recorder()
    (tmp_path / "alone").mkdir()
    save_pictures(tmp_path / "alone")
    run_training(tmp_path / "alone", what, alone)
    assert train_split(run, ranks, split, together, what) == "finished"
    one, several = alone.rows[-1], together.rows[-1]
    assert "error over 9 views" in one.further
    assert several.further == pytest.approx(one.further, rel=1e-4)
