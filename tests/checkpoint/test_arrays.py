"""Single arrays are read as whole checkpoints are, from sound files alone, each of which is hashed once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoint import ArrayReader, save
from engine.errors import CheckpointError
from tests.checkpoint.states import make_state
from tests.checkpoint.test_checkpoints import arrays_file
from tests.checkpoint.test_parts import ARRAY, keep

NAME = "conv1.weights"


@pytest.fixture
def manifests(tmp_path: Path) -> list[Path]:
    """The manifests of steps 10, 20 and 30."""
    return [save(tmp_path, make_state(step)) for step in (10, 20, 30)]


def test_the_newest_that_is_not_later_is_read(tmp_path: Path, manifests: list[Path]) -> None:
    reader = ArrayReader(tmp_path)
    for at_most, step in ((None, 30), (30, 30), (29, 20), (10, 10)):
        found = reader.read(NAME, at_most)
        assert found is not None
        assert found[0] == step
        np.testing.assert_array_equal(found[1], make_state(step).tensors[NAME])
    assert reader.read(NAME, 9) is None
    assert reader.read("conv9.weights") is None


def test_damage_is_noticed_before_and_after_a_file_was_met(tmp_path: Path, manifests: list[Path]) -> None:
    reader = ArrayReader(tmp_path)
    for damaged, left in ((30, 20), (20, 10)):
        file = arrays_file(manifests[damaged // 10 - 1])
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        os.utime(file, ns=(0, damaged))
        found = reader.read(NAME)
        assert found is not None
        assert found[0] == left
    arrays_file(manifests[0]).unlink()
    with pytest.raises(CheckpointError, match="the bytes as written, found changed ones"):
        reader.read(NAME)


def test_each_file_is_hashed_once(
    tmp_path: Path, manifests: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Any] = []
    digest = hashlib.file_digest

    def count(file: Any, name: str) -> Any:
        hashed.append(file.name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", count)
    reader = ArrayReader(tmp_path)
    for name in (NAME, "conv1.biases", NAME):
        reader.read(name)
    assert len(hashed) == 1


def test_parts_of_several_ranks_are_put_together(tmp_path: Path) -> None:
    keep(tmp_path, [np.s_[0:1, 0:6], np.s_[1:4, 0:6]])
    found = ArrayReader(tmp_path).read("w")
    assert found is not None
    np.testing.assert_array_equal(found[1], ARRAY)
