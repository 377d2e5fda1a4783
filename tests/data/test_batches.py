"""CIFAR-10's batches, for Python and binary, and cuda-convnet's own give the same pictures."""

import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.data.open import open_dataset
from engine.errors import DataError
from engine.graph.settings import DataSettings

RNG = np.random.default_rng(1)
PICTURES = RNG.integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
PLANES = PICTURES.transpose(0, 3, 1, 2).reshape(30, -1)
LABELS = [number % 3 for number in range(30)]
NAMES = ["cat", "dog", "emu"]
Write = Callable[[Path, dict[str, bytes]], Path]


def _open(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source="path", path=str(path), **settings), Path())


def _check(dataset: Dataset) -> None:
    """Twenty pictures are trained on and ten tested, all as they were."""
    assert dataset.class_names == ("cat", "dog", "emu")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [20, 0, 10]
    for name, places in (("train", slice(0, 20)), ("test", slice(20, 30))):
        assert np.array_equal(dataset.split(name).pictures[:], PICTURES[places])
        assert dataset.split(name).labels.tolist() == LABELS[places]


def _python_batches(protocol: int) -> dict[str, bytes]:
    def batch(first: int) -> bytes:
        rows = slice(first, first + 10)
        content = {b"data": PLANES[rows], b"labels": LABELS[rows], b"filenames": [b"x"] * 10}
        return pickle.dumps(content, protocol)

    return {
        "data_batch_1": batch(0),
        "data_batch_2": batch(10),
        "test_batch": batch(20),
        "batches.meta": pickle.dumps({b"label_names": [name.encode() for name in NAMES]}, protocol),
    }


@pytest.mark.parametrize("protocol", [2, 4])
def test_pickled_batches_are_read_from_a_folder(tmp_path: Path, write: Write, protocol: int) -> None:
    _check(_open(write(tmp_path, _python_batches(protocol)), validation=0.0))


def test_pickled_batches_are_read_from_an_archive(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "cifar-10-batches-py", _python_batches(2))
    with tarfile.open(tmp_path / "cifar.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "cifar-10-batches-py", "cifar-10-batches-py")
    _check(_open(tmp_path / "cifar.tar.gz", validation=0.0))


def test_binary_batches_are_read(tmp_path: Path, write: Write) -> None:
    rows = np.concatenate([np.array(LABELS, np.uint8)[:, np.newaxis], PLANES], axis=1)
    contents = {
        "data_batch_1.bin": rows[:20].tobytes(),
        "test_batch.bin": rows[20:].tobytes(),
        "batches.meta.txt": "\n".join([*NAMES, ""]).encode(),
    }
    _check(_open(write(tmp_path, contents), validation=0.0))


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_cuda_convnets_batches_hold_a_picture_in_each_column(
    tmp_path: Path, write: Write, kind: type
) -> None:
    def batch(first: int) -> bytes:
        rows = slice(first, first + 10)
        labels = np.array(LABELS[rows], np.float32).reshape(1, -1)
        return pickle.dumps({"data": np.asfortranarray(PLANES[rows].T.astype(kind)), "labels": labels}, 2)

    meta = {"label_names": NAMES, "num_vis": 3072, "data_mean": np.zeros((3072, 1), np.float32)}
    contents = {f"data_batch_{number}": batch(10 * number - 10) for number in (1, 2, 3)}
    _check(_open(write(tmp_path, {**contents, "batches.meta": pickle.dumps(meta, 2)}), validation=0.0))


def test_cuda_convnet2s_batches_hold_picture_files(tmp_path: Path, write: Write, encode: Any) -> None:
    """Parts of a batch lie in a folder; batches from 1000 on are the test split."""

    def batch(first: int) -> bytes:
        rows = range(first, first + 5)
        labels = [[LABELS[row]] for row in rows]
        return pickle.dumps({"data": [encode(PICTURES[row]) for row in rows], "labels": labels}, 2)

    numbers = ["0/data_batch_0.0", "0/data_batch_0.1", "1/data_batch_1.0", "1/data_batch_1.1"]
    numbers += ["1000/data_batch_1000.0", "1001/data_batch_1001.0"]
    contents = {f"data_batch_{name}": batch(5 * place) for place, name in enumerate(numbers)}
    meta = {"label_names": NAMES, "batch_size": 10, "num_vis": 3072}
    _check(_open(write(tmp_path, {**contents, "batches.meta": pickle.dumps(meta, 2)}), validation=0.0))


def test_validation_is_taken_from_the_training_pictures(tmp_path: Path, write: Write) -> None:
    dataset = _open(write(tmp_path, _python_batches(2)), validation=0.3)
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [14, 6, 10]


def test_classes_without_names_are_numbered(tmp_path: Path, write: Write) -> None:
    contents = _python_batches(2)
    del contents["batches.meta"]
    assert _open(write(tmp_path, contents)).class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"labels": [0]}, 'a dict with "data"'),
        ({"data": PLANES[:2], "labels": [0, 1, 2]}, r"data for the 3 labels, found an array of \(2, 3072\)"),
        ({"data": PLANES[:2], "labels": [0, -1]}, "labels from 0"),
        ({"data": PLANES[:2], "labels": [0, 0.5]}, "labels from 0"),
        ({"data": PLANES[:2], "labels": [0, "cat"]}, "labels from 0"),
        ({"data": PLANES[:2, :5], "labels": [0, 1]}, "square pictures of 3 channels or 1, found 5 values"),
        ({"data": PLANES[:2] + 0.5, "labels": [0, 1]}, "whole numbers from 0 to 255"),
        ({"data": PLANES[:2], "labels": {}}, "a list of labels"),
        ({"data": [b"x"], "labels": [0, 1]}, "2 picture files, one a label"),
    ],
)
def test_a_wrong_batch_is_named_with_what_was_expected(
    tmp_path: Path, write: Write, batch: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=f"data_batch_1: expected {message}"):
        _open(write(tmp_path, {"data_batch_1": pickle.dumps(batch, 2)}))


def test_a_binary_batch_that_is_cut_short_is_refused(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match=r"data_batch_1\.bin: expected a multiple of 3073 bytes, found 5000"):
        _open(write(tmp_path, {"data_batch_1.bin": bytes(5000)}))


def test_too_few_names_are_refused(tmp_path: Path, write: Write) -> None:
    contents = {**_python_batches(2), "batches.meta": pickle.dumps({"label_names": ["cat"]}, 2)}
    with pytest.raises(DataError, match="expected names of 3 classes, found 1 names"):
        _open(write(tmp_path, contents))
