"""A run begins at another one's checkpoint."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.checkpoint import load
from engine.checkpoint.format import manifest_path
from engine.errors import CheckpointError, FieldError
from engine.graph.network_file import NetworkFile, dumps
from engine.layers.catalogue import Conv
from engine.protocol.messages import Fork
from engine.store.run_folder import RunFolder
from engine.training.fork import find_fork_point
from tests.training.running import Recorder, fingerprint, make_run, network, run_training, save_pictures


@pytest.fixture
def other(tmp_path: Path) -> RunFolder:
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(epochs=2), Recorder())
    return run


def fork(folder: Path, other: RunFolder, what: NetworkFile) -> tuple[RunFolder, Recorder]:
    """Train on from step 2 of ``other`` in ``folder``/forked, on the same pictures."""
    (folder / "forked").mkdir()
    save_pictures(folder / "forked")
    run = make_run(folder / "forked", what)
    find_fork_point(Fork(str(other.path), 2), dumps(what)).keep_in(run)
    recorder = Recorder()
    run_training(folder / "forked", what, recorder, run)
    return run, recorder


def test_a_fork_without_changes_goes_where_the_other_run_went(tmp_path: Path, other: RunFolder) -> None:
    run, recorder = fork(tmp_path, other, network(epochs=2))
    assert fingerprint(run) == fingerprint(other)
    assert [row.step for row in recorder.rows if row.split == "train"] == [3, 4]


def test_a_fork_shows_its_weights_from_the_first_step_on(tmp_path: Path, other: RunFolder) -> None:
    _, recorder = fork(tmp_path, other, network(epochs=2))
    assert recorder.snapshots == [2, 3, 4]


def test_a_fork_may_have_other_settings(tmp_path: Path, other: RunFolder) -> None:
    run, recorder = fork(tmp_path, other, network(epochs=5, momentum=0.1))
    assert recorder.newest.step == 10
    assert fingerprint(run) != fingerprint(other)


def test_a_fork_keeps_what_fits_and_begins_changed_layers_anew(tmp_path: Path, other: RunFolder) -> None:
    what = network(epochs=2)
    what.graph.replace("conv", dataclasses.replace(what.graph["conv"], filters=5))
    assert isinstance(what.graph["conv"], Conv)
    run, recorder = fork(tmp_path, other, what)
    (warning,) = [text for level, text in recorder.lines if level == "warning"]
    assert "conv.weights" in warning
    assert "fc2.weights" not in warning
    first = load(manifest_path(run.checkpoints, 2)).tensors["fc2.weights"]
    assert (first == load(manifest_path(other.checkpoints, 2)).tensors["fc2.weights"]).all()


def test_a_fork_with_nothing_to_train_or_no_checkpoint_is_refused(other: RunFolder) -> None:
    with pytest.raises(FieldError, match="more than 2"):
        find_fork_point(Fork(str(other.path), 4), dumps(network(epochs=2)))
    with pytest.raises(CheckpointError):
        find_fork_point(Fork(str(other.path), 3), dumps(network()))
