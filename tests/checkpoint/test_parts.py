"""Arrays whose parts several ranks wrote are whole again when read, and nothing else passes for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import TensorEntry, commit, load, write_arrays
from engine.errors import CheckpointError
from tests.checkpoint.states import make_state

ARRAY = np.arange(24, dtype=np.float32).reshape(4, 6)
Box = tuple[slice, slice]


def keep(folder: Path, boxes: list[Box]) -> Path:
    """Write the parts of ARRAY that are in each box, each into a file, and say that they are all of it."""
    state = make_state(7)
    files = [write_arrays(folder, 7, {"w": ARRAY[box]}, {"w": (box[0].start, box[1].start)}) for box in boxes]
    return commit(folder, state, files, (TensorEntry("w", ARRAY.shape, "float32"),), keep=3)


@pytest.mark.parametrize(
    "boxes",
    [
        [np.s_[0:4, 0:6]],
        [np.s_[0:1, 0:6], np.s_[1:4, 0:6]],
        [np.s_[0:4, 4:6], np.s_[0:4, 0:4]],
    ],
)
def test_parts_are_put_together(tmp_path: Path, boxes: list[Box]) -> None:
    assert np.array_equal(load(keep(tmp_path, boxes)).tensors["w"], ARRAY)


@pytest.mark.parametrize(
    "boxes",
    [
        [np.s_[0:2, 0:6]],
        [np.s_[0:2, 0:6], np.s_[1:3, 0:6]],
        [np.s_[0:3, 0:6], np.s_[2:4, 0:6]],
    ],
    ids=["a part is missing", "one place twice and another never", "too many"],
)
def test_parts_that_are_not_the_whole_are_refused(tmp_path: Path, boxes: list[Box]) -> None:
    with pytest.raises(CheckpointError):
        load(keep(tmp_path, boxes))


def test_a_part_that_lies_outside_is_refused(tmp_path: Path) -> None:
    files = [
        write_arrays(tmp_path, 7, {"w": ARRAY[0:2]}, {"w": (0, 0)}),
        write_arrays(tmp_path, 7, {"w": ARRAY[2:4]}, {"w": (3, 0)}),
    ]
    path = commit(tmp_path, make_state(7), files, (TensorEntry("w", ARRAY.shape, "float32"),), keep=3)
    with pytest.raises(CheckpointError):
        load(path)


def test_a_changed_byte_in_any_part_is_noticed(tmp_path: Path) -> None:
    path = keep(tmp_path, [np.s_[0:1, 0:6], np.s_[1:4, 0:6]])
    for file in tmp_path.glob("*.safetensors"):
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(CheckpointError):
            load(path)
        file.write_bytes(content)
    assert np.array_equal(load(path).tensors["w"], ARRAY)
