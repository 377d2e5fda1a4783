"""The whole way: a network file, an engine, a trainer that learns, and a resume that changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine import checkpoint
from engine.checkpoint import CheckpointState
from engine.store.snapshots import SnapshotStore
from tests.cli.test_train import EXAMPLE, convnet, run_folder_in
from tests.faults.ranks import needs_mpi


@pytest.fixture(autouse=True)
def _real_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")


def final_state(folder: Path) -> CheckpointState:
    state = checkpoint.load_latest(folder / "checkpoints")
    assert state is not None
    return state


def test_a_network_learns_and_a_resume_gives_the_same_weights() -> None:
    code, output, complaints = convnet("train", EXAMPLE, "--epochs", 3)
    assert (code, complaints) == (0, "")
    errors = {split: float(error) for split, error in re.findall(r"^(\w+) +\d+ +\S+ +(\S+) %$", output, re.M)}
    assert errors.keys() == {"train", "validation", "test"}
    assert errors["test"] < 30.0
    folder = run_folder_in(output)
    assert len(SnapshotStore(folder / "snapshots").steps()) > 20
    finished = final_state(folder)
    manifests = sorted((folder / "checkpoints").glob("*.json"))
    assert [json.loads(path.read_text())["manifest"]["epoch"] for path in manifests] == [1, 2, 3]
    manifests[-1].unlink()

    code, output, complaints = convnet("train", "--resume", folder)
    assert (code, complaints) == (0, "")
    again = final_state(folder)
    assert again.step == finished.step
    for name, array in finished.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], array, err_msg=name)


@needs_mpi
def test_a_training_on_several_devices_goes_on_under_another_split() -> None:
    code, output, complaints = convnet(
        "train", EXAMPLE, "--devices", "cpu:2", "--split", "hybrid", "--epochs", 2
    )
    assert (code, complaints) == (0, "")
    folder = run_folder_in(output)
    assert "Split hybrid (a) over 2 devices" in (folder / "log.txt").read_text()
    finished = final_state(folder)
    (folder / "checkpoints" / f"step-{finished.step:012d}.json").unlink()
    code, _, complaints = convnet("train", "--resume", folder, "--devices", "cpu:3", "--split", "data")
    assert (code, complaints) == (0, "")
    again = final_state(folder)
    assert again.step == finished.step
    for name, array in finished.tensors.items():
        close = 1e-3 * np.abs(array).max()
        np.testing.assert_allclose(again.tensors[name], array, rtol=0, atol=close, err_msg=name)
