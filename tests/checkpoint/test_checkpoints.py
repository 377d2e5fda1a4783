"""A checkpoint is read back exactly or not at all, and none is lost before a newer one is safe."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import checkpoint
from engine.checkpoint import CheckpointState
from engine.errors import CheckpointError
from tests.checkpoint.states import make_state


def assert_equal(found: CheckpointState | None, expected: CheckpointState) -> None:
    assert found is not None
    for field in ("step", "epoch", "cursor", "seed", "network_sha256", "seconds"):
        assert getattr(found, field) == getattr(expected, field)
    assert found.tensors.keys() == expected.tensors.keys()
    for name, array in expected.tensors.items():
        assert found.tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(found.tensors[name], array)


def arrays_file(manifest: Path) -> Path:
    return next(manifest.parent.glob(f"{manifest.stem}-*.safetensors"))


def _recording(calls: list[str], name: str, original: Callable[..., object]) -> Callable[..., object]:
    def record(*arguments: object, **named: object) -> object:
        calls.append(name)
        return original(*arguments, **named)

    return record


def test_a_checkpoint_reads_back_bit_for_bit(tmp_path: Path) -> None:
    state = make_state(120)
    path = checkpoint.save(tmp_path / "checkpoints", state)
    assert_equal(checkpoint.load(path), state)
    assert_equal(checkpoint.load_latest(tmp_path / "checkpoints"), state)


def test_arrays_in_any_memory_order_are_kept_as_they_are(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    tensors = {"turned": array.transpose(2, 0, 1), "part": array[:, ::2], "reversed": array[::-1]}
    state = CheckpointState(1, 0, 0, 0, "", tensors)
    assert_equal(checkpoint.load(checkpoint.save(tmp_path, state)), state)


def test_a_folder_without_checkpoints_gives_none(tmp_path: Path) -> None:
    assert checkpoint.load_latest(tmp_path) is None
    assert checkpoint.load_latest(tmp_path / "missing") is None


def test_the_newest_ones_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15, 20):
        checkpoint.save(tmp_path, make_state(step), keep=3)
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [
        f"step-{step:012d}.json" for step in (10, 15, 20)
    ]
    assert len(list(tmp_path.iterdir())) == 6


def test_a_second_save_of_a_step_replaces_the_first(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, make_state(5))
    other = make_state(5, seed=1)
    checkpoint.save(tmp_path, other)
    assert_equal(checkpoint.load_latest(tmp_path), other)
    assert len(list(tmp_path.iterdir())) == 2


def test_checkpoints_of_a_course_given_up_are_removed(tmp_path: Path) -> None:
    """After a resume from step 10, what a damaged checkpoint of step 20 holds is of no more use."""
    for step in (10, 20, 15):
        checkpoint.save(tmp_path, make_state(step))
    assert_equal(checkpoint.load_latest(tmp_path), make_state(15))
    assert not list(tmp_path.glob("step-*20[.-]*"))


def test_what_a_death_left_behind_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".step-000000000003.json.abc.part").write_bytes(b"half")
    (tmp_path / "step-000000000003-0123456789ab.safetensors").write_bytes(b"no manifest")
    (tmp_path / "notes.txt").write_text("the user's own")
    checkpoint.save(tmp_path, make_state(5))
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / "notes.txt").exists()


@pytest.mark.parametrize("victim", ["manifest", "arrays"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_newest_is_named_and_the_one_before_is_used(
    tmp_path: Path, victim: str, damage: str
) -> None:
    checkpoint.save(tmp_path, make_state(10))
    newest = checkpoint.save(tmp_path, make_state(20))
    file = newest if victim == "manifest" else arrays_file(newest)
    content = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    else:
        content[len(content) // 2] ^= 0x10
        file.write_bytes({"flip": content, "cut": content[:-7], "empty": b""}[damage])
    found = checkpoint.find_latest(tmp_path)
    assert found is not None
    assert_equal(found.state, make_state(10))
    if (victim, damage) == ("manifest", "gone"):
        assert found.damaged == ()
    else:
        (error,) = found.damaged
        assert file.name in str(error) or newest.name in str(error)


def test_an_older_manifest_under_a_newer_name_is_refused(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, make_state(10))
    path.rename(tmp_path / "step-000000000099.json")
    with pytest.raises(CheckpointError, match="step 10"):
        checkpoint.load_latest(tmp_path)


def test_if_all_are_damaged_the_newest_is_named(tmp_path: Path) -> None:
    for step in (10, 20):
        arrays_file(checkpoint.save(tmp_path, make_state(step))).write_bytes(b"")
    with pytest.raises(CheckpointError, match="step-000000000020"):
        checkpoint.load_latest(tmp_path)


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_refusing_disk_is_reported_and_the_old_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    for step in (10, 20, 30):
        checkpoint.save(tmp_path, make_state(step))
    before = sorted(tmp_path.iterdir())

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    if call == "write":
        monkeypatch.setattr(os, "fdopen", refuse)
    else:
        monkeypatch.setattr(os, call, refuse)
    with pytest.raises(CheckpointError, match=os.strerror(code)):
        checkpoint.save(tmp_path, make_state(40))
    monkeypatch.undo()
    assert sorted(tmp_path.iterdir()) == before
    assert_equal(checkpoint.load_latest(tmp_path), make_state(30))


def test_each_file_reaches_the_disk_before_its_name_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that outlives a power loss: write, fsync, rename, fsync of the folder; removals come last."""
    checkpoint.save(tmp_path, make_state(10), keep=1)
    calls: list[str] = []
    for name in ("fsync", "replace", "unlink"):
        original = getattr(os, name)

        def record(
            *arguments: object, name: str = name, original: object = original, **named: object
        ) -> None:
            calls.append(name)
            original(*arguments, **named)  # type: ignore[operator]

        monkeypatch.setattr(os, name, record)
    checkpoint.save(tmp_path, make_state(20), keep=1)
    assert calls == ["fsync", "replace", "fsync"] * 2 + ["unlink", "fsync", "unlink"]
