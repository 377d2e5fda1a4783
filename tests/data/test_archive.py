"""Own data comes from an .npz file; what is wrong with one is said with the array's name."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.archive import load_archive
from engine.errors import DataError, DataNotFoundError


def _arrays(**changes: Any) -> dict[str, Any]:
    """40 training and 6 test pictures of 2 classes; a change to None leaves an array out."""
    rng = np.random.default_rng(1)
    arrays = {
        "train_pictures": rng.integers(0, 256, (40, 5, 4, 3), dtype=np.uint8),
        "train_labels": np.arange(40) % 2,
        "test_pictures": rng.integers(0, 256, (6, 5, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(6) % 2,
        **changes,
    }
    return {name: array for name, array in arrays.items() if array is not None}


def _save(folder: Path, **changes: Any) -> Path:
    path = folder / "own.npz"
    np.savez_compressed(path, **_arrays(**changes))
    return path


def test_arrays_come_back_as_they_were_saved(tmp_path: Path) -> None:
    validation = {
        "validation_pictures": np.full((3, 5, 4, 3), 7, np.uint8),
        "validation_labels": np.array([0, 1, 1], np.uint8),
    }
    dataset = load_archive(_save(tmp_path, class_names=np.array(["cat", "dog"]), **validation))
    assert dataset.name == "own.npz"
    assert dataset.picture_shape == (5, 4, 3)
    assert dataset.class_names == ("cat", "dog")
    for name in ("train", "test"):
        assert np.array_equal(dataset.split(name).pictures, _arrays()[f"{name}_pictures"])
        assert np.array_equal(dataset.split(name).labels, _arrays()[f"{name}_labels"])
    assert dataset.split("validation").labels.tolist() == [0, 1, 1]
    assert dataset.split("validation").labels.dtype == np.int32


def test_validation_is_kept_out_of_training_where_there_is_none(tmp_path: Path) -> None:
    path = _save(tmp_path)
    dataset, again = load_archive(path), load_archive(path)
    train, validation = dataset.split("train"), dataset.split("validation")
    assert np.bincount(validation.labels).tolist() == [2, 2]
    together = np.concatenate([train.pictures, validation.pictures]).reshape(40, -1)
    everything = _arrays()["train_pictures"].reshape(40, -1)
    assert sorted(map(bytes, together)) == sorted(map(bytes, everything))
    assert np.array_equal(validation.pictures, again.split("validation").pictures)


def test_classes_without_names_are_numbered(tmp_path: Path) -> None:
    assert load_archive(_save(tmp_path, test_labels=np.full(6, 3))).class_names == ("0", "1", "2", "3")


PICTURES = _arrays()["train_pictures"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_pictures": None}, "train_pictures: expected this array, found none"),
        ({"test_labels": None}, "test_labels: expected this array, found none"),
        ({"validation_labels": np.arange(3)}, "validation_pictures: expected this array, found none"),
        ({"pictures": PICTURES}, "pictures: expected only arrays named class_names, "),
        ({"train_pictures": PICTURES / 255}, "train_pictures: expected uint8, found float64"),
        ({"train_pictures": PICTURES[..., 0]}, r"train_pictures: .* found \(40, 5, 4\). Grey pictures"),
        ({"test_pictures": PICTURES[:0]}, r"test_pictures: .* not empty, found \(0, 5, 4, 3\)"),
        (
            {"test_pictures": PICTURES[:6, :4]},
            r"test_pictures: expected pictures of \(5, 4, 3\) as train_pictures, found \(4, 4, 3\)",
        ),
        ({"train_labels": np.arange(39) % 2}, "train_labels: expected 40 labels, one a picture, found 39"),
        ({"train_labels": np.zeros(40)}, "train_labels: expected whole numbers, found float64"),
        ({"train_labels": np.zeros((40, 1), int)}, r"train_labels: expected shape \(N,\).* \(40, 1\)"),
        ({"train_labels": np.arange(40) - 1}, "train_labels: expected classes counted from 0 .* found -1"),
        ({"test_labels": np.full(6, 2**40)}, "test_labels: expected classes .* found 1099511627776"),
        ({"class_names": np.array(["cat"])}, "class_names: expected text .* at least 2, found <U3"),
        ({"class_names": np.array([1, 2])}, "class_names: expected text .* found int64"),
        ({"train_labels": np.array([{}] * 40)}, "train_labels: expected an array that can be read"),
        ({"train_labels": np.arange(40)}, "train_pictures: expected at least 5 pictures of a class"),
    ],
)
def test_a_wrong_array_is_named_with_what_was_expected(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message) as told:
        load_archive(_save(tmp_path, **changes))
    assert told.value.fields["hint"], "what to do is missing"


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"gone\.npz: expected an \.npz file, found nothing"):
        load_archive(tmp_path / "gone.npz")


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected an archive of numpy\.savez"):
        load_archive(tmp_path)


def test_without_a_validation_share_all_pictures_are_trained_on(tmp_path: Path) -> None:
    dataset = load_archive(_save(tmp_path), validation_share=0.0)
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [40, 0, 6]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"expected an archive of numpy\.savez") as told:
        load_archive(path)
    assert "pickle" not in str(told.value)  # NumPy would say how to load it unsafely


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    with (tmp_path / "own.npz").open("wb") as file:
        np.save(file, PICTURES)
    with pytest.raises(DataError, match="found a single array"):
        load_archive(tmp_path / "own.npz")


def test_an_archive_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(DataError):
            load_archive(path)


@pytest.mark.parametrize("bits", [0x01, 0x40, 0xFF])
def test_a_changed_byte_never_raises_another_error(tmp_path: Path, bits: int) -> None:
    """Bytes that nothing checks, such as a date, may change; all others are refused as DataError."""
    path = _save(tmp_path)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :])
        with contextlib.suppress(DataError):
            load_archive(path)
