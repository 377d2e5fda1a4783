"""MNIST's four files are read, packed or not."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.data.open import open_dataset
from engine.errors import DataError
from engine.graph.settings import DataSettings

PICTURES = np.random.default_rng(1).integers(0, 256, (20, 5, 4), dtype=np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 2
Write = Callable[[Path, dict[str, bytes]], Path]


def _idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def _contents() -> dict[str, bytes]:
    return {
        "train-images-idx3-ubyte": _idx(PICTURES),
        "train-labels-idx1-ubyte": _idx(LABELS),
        "t10k-images-idx3-ubyte": _idx(PICTURES[:6]),
        "t10k-labels-idx1-ubyte": _idx(LABELS[:6]),
    }


def _open(path: Path) -> Dataset:
    return open_dataset(DataSettings(source="path", path=str(path), validation=0.0), Path())


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_and_labels_come_back(tmp_path: Path, write: Write, packed: bool) -> None:
    contents = _contents()
    if packed:
        contents = {f"{name}.gz": gzip.compress(content) for name, content in contents.items()}
    dataset = _open(write(tmp_path, contents))
    assert dataset.picture_shape == (5, 4, 1)
    assert np.array_equal(dataset.split("train").pictures[:][..., 0], PICTURES)
    assert dataset.split("test").labels.tolist() == LABELS[:6].tolist()
    assert dataset.class_names == ("0", "1")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", b"", "train-images-idx3-ubyte: expected an idx file"),
        ("train-images-idx3-ubyte", b"\0\0\x0d\x01\0\0\0\0", "an idx file of unsigned bytes"),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03\0\0", "3 extents, found the end"),
        ("train-images-idx3-ubyte", _idx(PICTURES)[:-1], "expected 400 values, found 399"),
        ("train-images-idx3-ubyte", b"\0\0\x08\x04" + b"\xff" * 16, "expected 3402823"),
        (
            "train-labels-idx1-ubyte",
            _idx(LABELS[:5]),
            r"images \(N, height, width\) and labels \(N,\) of train",
        ),
        ("t10k-images-idx3-ubyte", _idx(PICTURES[:6, :3]), "pictures of one size"),
    ],
)
def test_a_wrong_file_is_refused(
    tmp_path: Path, write: Write, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        _open(write(tmp_path, {**_contents(), name: content}))


def test_labels_without_pictures_are_refused(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match="images and labels of train, found one of them alone"):
        _open(write(tmp_path, {"train-labels-idx1-ubyte": _idx(LABELS)}))


def test_a_packed_file_that_grows_beyond_proportion_is_refused(tmp_path: Path, write: Write) -> None:
    bomb = gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 50_000_000) + bytes(50_000_000))
    with pytest.raises(DataError, match="grows at most 250 times"):
        _open(write(tmp_path, {"train-images-idx3-ubyte.gz": bomb}))
