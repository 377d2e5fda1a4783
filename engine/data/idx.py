"""Reads idx files, the format of MNIST: ``train-images-idx3-ubyte`` and three more, packed with gzip or not.

Source: Y. LeCun, "The MNIST database": two zero bytes, type, number of axes, extents (big endian), values.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from engine.data import bundle
from engine.data.batches import complete_names
from engine.data.dataset import SPLITS, Dataset, Split, SplitName
from engine.data.digest import digest
from engine.data.divide import assign_splits
from engine.errors import DataError
from engine.words import Words

_NAME = re.compile(r"(?P<split>train|test|t10k)-(?P<what>images|labels)[-.]idx[134]-ubyte(?P<packed>\.gz)?")
_UNSIGNED_BYTES = 8


def is_idx(name: str) -> bool:
    """Return whether the file called ``name`` is one of MNIST's four."""
    return _NAME.fullmatch(PurePosixPath(name).name) is not None


def load_idx(path: Path, validation_share: float) -> Dataset:
    """Read the idx files in the folder or archive at ``path``; raises DataError naming the file."""
    arrays: dict[tuple[str, str], NDArray[np.uint8]] = {}
    with closing(bundle.members(path)) as members:
        for member in members:
            if match := _NAME.fullmatch(PurePosixPath(member.name).name):
                source = f"{path}: {member.name}"
                content = _unpack(member.read(), source) if match["packed"] else member.read()
                split = "train" if match["split"] == "train" else "test"
                arrays[split, match["what"]] = parse_idx(content, source)
    pictures, labels = [], []
    given: list[SplitName] = []
    names: tuple[SplitName, ...] = ("train", "test")
    for name in names:
        if {(name, "images"), (name, "labels")} & arrays.keys():
            of_split = _examples(arrays, name, path)
            pictures.append(of_split.pictures[:])
            labels.append(of_split.labels)
            given += [name] * len(of_split)
    return _dataset(path, pictures, labels, given, validation_share)


def _dataset(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    labels: list[NDArray[np.int32]],
    given: list[SplitName],
    validation_share: float,
) -> Dataset:
    if len({array.shape[1:] for array in pictures}) > 1:
        raise _error(path, "pictures of one size", "several")
    everything = Split(np.concatenate(pictures), np.concatenate(labels))
    digests = [digest(picture.tobytes()) for picture in everything.pictures[:]]
    members = assign_splits(everything.labels, digests, given, validation_share)
    splits = {name: everything.part(members[name]) for name in SPLITS}
    if not len(splits["train"]):
        raise _error(path, "train-images-idx3-ubyte and train-labels-idx1-ubyte", "no pictures to train on")
    return Dataset(path.name, complete_names((), int(everything.labels.max()) + 1, path), splits)


def parse_idx(content: bytes, source: object) -> NDArray[np.uint8]:
    """Return the array of bytes that an idx file holds; raises DataError, naming ``source``."""
    axes = content[3] if len(content) >= 4 else 0
    if content[:2] != b"\0\0" or content[2:3] != bytes([_UNSIGNED_BYTES]) or not 1 <= axes <= 4:
        raise _error(source, "an idx file of unsigned bytes", "something else")
    start = 4 + 4 * axes
    if len(content) < start:
        raise _error(source, Words("{count} extents", count=axes), "the end of the file")
    shape = np.frombuffer(content, ">u4", axes, 4).tolist()
    if len(content) - start != math.prod(shape):
        expected = Words("{count} values", count=math.prod(shape))
        raise _error(source, expected, str(len(content) - start))
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _unpack(content: bytes, source: str) -> bytes:
    most = bundle.MOST_GROWTH * len(content)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _error(source, "a file packed with gzip", str(error)) from error
    if len(unpacked) > most:
        expected = Words("a file that grows at most {times} times", times=bundle.MOST_GROWTH)
        raise _error(source, expected, "a larger one")
    return unpacked


def _examples(arrays: dict[tuple[str, str], NDArray[np.uint8]], split: str, path: Path) -> Split:
    pictures, labels = (arrays.get((split, what)) for what in ("images", "labels"))
    if pictures is None or labels is None:
        raise _error(path, Words("images and labels of {split}", split=split), "one of them alone")
    if pictures.ndim == 3:
        pictures = pictures[..., np.newaxis]
    if pictures.ndim != 4 or labels.ndim != 1 or len(pictures) != len(labels) or 0 in pictures.shape:
        expected = Words("images (N, height, width) and labels (N,) of {split}", split=split)
        raise _error(path, expected, f"{pictures.shape}, {labels.shape}")
    return Split(pictures, labels.astype(np.int32))


def _error(source: object, expected: str, found: str) -> DataError:
    hint = "The file may be damaged, or of another format."
    return DataError(source=source, expected=expected, found=found, hint=hint)
