"""Snapshots read back what was kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import RunFolderUnwritableError
from engine.store.snapshots import SnapshotStore


def test_arrays_read_back_by_step_and_name(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "snapshots")
    assert store.steps() == []
    weights = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    store.write(100, {"conv1.weights": weights.T})
    store.write(20, {"conv1.weights": weights, "conv1.biases": np.zeros(2)})
    assert store.steps() == [20, 100]
    np.testing.assert_array_equal(store.read(100, "conv1.weights"), weights.T)
    np.testing.assert_array_equal(store.read(20, "conv1.weights"), weights)


def test_what_is_not_kept_or_damaged_is_a_key_error(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    store.write(1, {"conv1.weights": np.zeros(3)})
    (tmp_path / "step-000000000002.safetensors").write_bytes(b"torn")
    for step, name in ((1, "conv2.weights"), (2, "conv1.weights"), (3, "conv1.weights")):
        with pytest.raises(KeyError):
            store.read(step, name)


def test_later_steps_are_forgotten_after_a_resume(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    for step in (1, 2, 3):
        store.write(step, {"w": np.zeros(1)})
    store.drop_after(1)
    assert store.steps() == [1]


def test_a_disk_that_lets_none_go_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "step-000000000002.safetensors").mkdir()  # even root cannot unlink a folder
    with pytest.raises(RunFolderUnwritableError, match="cannot be written"):
        SnapshotStore(tmp_path).drop_after(1)
