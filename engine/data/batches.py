"""Reads batches of pictures: CIFAR-10's files for Python and in binary form, and cuda-convnet's own.

Names tell what a file holds: ``data_batch_7`` is a pickle, ``data_batch_7.bin`` is binary, ``data_batch_7.2``
is a part of a batch, ``test_batch`` the test split, ``batches.meta`` the names of the classes. Where there is
no ``test_batch``, batches from 1000 on are the test split, as cuda-convnet2 numbers them; failing these, the
last batch is, as cuda-convnet's CIFAR-10 example has it.

Source: cuda-convnet, data.py and convdata.py; cuda-convnet2, make-data.py; the CIFAR-10 page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import bundle, pickles
from engine.data.dataset import SPLITS, Dataset, Split, SplitName
from engine.data.digest import digest
from engine.data.divide import assign_splits
from engine.data.encoded import Encoded
from engine.data.picture_files import Listing
from engine.errors import DataError
from engine.words import Words

_BATCH = re.compile(
    r"(?:data_batch_(?P<number>\d{1,9})(?:\.(?P<part>\d{1,9}))?|test_batch)(?P<binary>\.bin)?"
)
_META = ("batches.meta", "batches.meta.txt")
_FIRST_TEST_BATCH = 1000
_BINARY_SHAPE = (3, 32, 32)
_MOST_BYTES = 4 << 30
_MOST_CLASSES = 1_000_000


def is_batch(name: str) -> bool:
    """Return whether the file called ``name`` is a batch."""
    return _BATCH.fullmatch(PurePosixPath(name).name) is not None


def holds_files(content: bytes, source: object) -> bool:
    """Return whether a batch holds picture files, as cuda-convnet2's do, in place of pixels."""
    return isinstance(_field(pickles.loads(content, source), "data", source), list)


@dataclass(frozen=True, eq=False)
class _Batch:
    """``number``: of the batch, None for the test batch; ``pictures``: (N, height, width, channels)."""

    number: int | None
    pictures: NDArray[np.uint8]
    labels: NDArray[np.int32]


def load_batches(path: Path, validation_share: float) -> Dataset:
    """Read the batches of pixels in the folder or archive at ``path``, into memory.

    Raises DataError naming the batch that is not as it should be.
    """
    batches: list[_Batch] = []
    class_names: tuple[str, ...] = ()
    total = 0
    with closing(bundle.members(path)) as members:
        for member in members:
            name = PurePosixPath(member.name).name
            if name in _META:
                class_names = class_names or _class_names(member.read(), f"{path}: {member.name}", name)
            elif match := _BATCH.fullmatch(name):
                total += member.size
                if total > _MOST_BYTES:
                    raise _error(path, Words("at most {count} bytes of batches", count=_MOST_BYTES), "more")
                batches.append(_read(member.read(), f"{path}: {member.name}", match))
    batches.sort(key=lambda batch: (batch.number is None, batch.number or 0))
    return _dataset(path, batches, class_names, validation_share)


def _read(content: bytes, source: str, match: re.Match[str]) -> _Batch:
    number = None if match["number"] is None else int(match["number"])
    pictures, labels = (_read_binary if match["binary"] else _read_pickle)(content, source)
    return _Batch(number, pictures, labels)


def _read_binary(content: bytes, source: str) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """A byte for the label and the planes of red, green and blue, picture after picture."""
    record = 1 + math.prod(_BINARY_SHAPE)
    if not content or len(content) % record:
        expected = Words("a multiple of {count} bytes", count=record)
        raise _error(source, expected, Words("{count} bytes", count=len(content)))
    table = np.frombuffer(content, np.uint8).reshape(-1, record)
    return _channels_last(table[:, 1:], _BINARY_SHAPE), table[:, 0].astype(np.int32)


def _read_pickle(content: bytes, source: str) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    batch = pickles.loads(content, source)
    labels = _labels(_field(batch, "labels", source), source)
    data = _field(batch, "data", source)
    if not isinstance(data, np.ndarray) or data.ndim != 2 or len(labels) not in data.shape:
        is_array = isinstance(data, np.ndarray)
        found = Words("an array of {shape}", shape=data.shape) if is_array else "something else"
        raise _error(source, Words("data for the {count} labels", count=len(labels)), found)
    # cuda-convnet has a picture in each column, CIFAR-10's own files in each row.
    rows = data if data.shape[1] != len(labels) else data.T
    return _channels_last(_whole_bytes(rows, source), _planes(rows.shape[1], source)), labels


def _field(batch: object, name: str, source: object) -> Any:
    if isinstance(batch, dict):
        for key in (name, name.encode()):
            if key in batch:
                return batch[key]
    raise _error(source, Words('a dict with "{name}"', name=name), "none")


def _labels(values: object, source: object) -> NDArray[np.int32]:
    """Labels are a list of numbers, of lists of one number each, or an array."""
    if isinstance(values, np.ndarray):
        values = values.ravel().tolist()
    if not isinstance(values, list) or not values:
        raise _error(source, "a list of labels", "something else")
    numbers = [value[0] if isinstance(value, list | tuple) and len(value) == 1 else value for value in values]
    for number in numbers:
        if not isinstance(number, int | float) or number != number // 1 or not 0 <= number < _MOST_CLASSES:
            expected = Words("labels from 0 to {most}, one a picture", most=_MOST_CLASSES - 1)
            raise _error(source, expected, repr(number)[:60] if isinstance(number, int | float) else "others")
    return np.array(numbers, np.int32)


def _whole_bytes(values: NDArray[Any], source: object) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    whole = values.astype(np.float64)
    if values.size and not (np.all(whole >= 0) and np.all(whole <= 255) and np.all(whole == np.floor(whole))):
        found = Words("others, of type {dtype}", dtype=values.dtype)
        raise _error(source, "whole numbers from 0 to 255", found)
    return whole.astype(np.uint8)


def _planes(length: int, source: object) -> tuple[int, int, int]:
    for channels in (3, 1):
        side = math.isqrt(length // channels)
        if side and channels * side * side == length:
            return channels, side, side
    found = Words("{count} values for each", count=length)
    raise _error(source, "square pictures of 3 channels or 1", found)


def _channels_last(rows: NDArray[np.uint8], planes: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(rows.reshape(-1, *planes).transpose(0, 2, 3, 1))


def _class_names(content: bytes, source: str, name: str) -> tuple[str, ...]:
    if name.endswith(".txt"):
        return tuple(content.decode("utf-8", "replace").split())
    names = _field(pickles.loads(content, source), "label_names", source)
    if not isinstance(names, list) or not all(isinstance(name, str | bytes) for name in names):
        raise _error(source, "a list of label_names", "something else")
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in names)


def _dataset(
    path: Path, batches: list[_Batch], class_names: tuple[str, ...], validation_share: float
) -> Dataset:
    shapes = {batch.pictures.shape[1:] for batch in batches}
    if len(shapes) != 1:
        found = Words("{count} sizes", count=len(shapes))
        raise _error(path, "batches of pictures of one size", found)
    tests = _test_numbers([batch.number for batch in batches])
    pictures = np.concatenate([batch.pictures for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    given: list[SplitName | None] = []
    for batch in batches:
        given += [_split(batch.number, tests)] * len(batch.labels)
    digests = [digest(picture.tobytes()) for picture in pictures]
    members = assign_splits(labels, digests, given, validation_share)
    everything = Split(pictures, labels)
    splits = {name: everything.part(members[name]) for name in SPLITS}
    if not len(splits["train"]):
        raise _error(path, "a batch to train on", "none")
    return Dataset(path.name, complete_names(class_names, int(labels.max()) + 1, path), splits)


def complete_names(names: Sequence[str], classes: int, source: object) -> tuple[str, ...]:
    """Return the names of the classes: their numbers where there are none. Raises DataError for too few."""
    if not names:
        return tuple(map(str, range(classes)))
    if len(names) < classes:
        expected = Words("names of {count} classes", count=classes)
        raise _error(source, expected, Words("{count} names", count=len(names)))
    return tuple(names)


def _test_numbers(numbers: Iterable[int | None]) -> frozenset[int | None]:
    """Which batches are the test split; none where there is one batch only."""
    known = {number for number in numbers if number is not None}
    if None in numbers or len(known) < 2:
        return frozenset({None})
    late = {number for number in known if number >= _FIRST_TEST_BATCH}
    return frozenset(late if late and late != known else {max(known)})


def _split(number: int | None, tests: frozenset[int | None]) -> SplitName | None:
    return "test" if number in tests else "train"


class FileBatches:
    """The layout of cuda-convnet2's batches of picture files: pickles with lists of JPEGs."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._numbers: list[int | None] = []

    def pictures(self, members: Iterator[bundle.Member], listing: Listing) -> Iterator[Encoded]:
        """Yield the pictures of all batches."""
        for member in members:
            name = PurePosixPath(member.name).name
            source = f"{member.path}: {member.name}"
            if name in _META:
                self._names = self._names or _class_names(member.read(), source, name)
            elif (match := _BATCH.fullmatch(name)) and not match["binary"]:
                batch = pickles.loads(member.read(), source)
                labels = _labels(_field(batch, "labels", source), source).tolist()
                files = _files(_field(batch, "data", source), len(labels), source)
                self._numbers += [None if match["number"] is None else int(match["number"])] * len(files)
                listing.labels += labels
                listing.splits += [None] * len(files)
                for place, content in enumerate(files):
                    yield Encoded(f"{member.name}[{place}]", content)

    def class_names(self, listing: Listing) -> tuple[str, ...]:
        """Return the names of the meta file; the numbers of the batches tell the splits."""
        if len(set(self._numbers)) > 1:
            tests = _test_numbers(self._numbers)
            listing.splits = [_split(number, tests) for number in self._numbers]
        return complete_names(self._names, max(listing.labels, default=-1) + 1, "batches.meta")


def _files(data: object, count: int, source: object) -> list[bytes]:
    """The files in a list, or in a list of lists."""
    if isinstance(data, list) and data and isinstance(data[0], list):
        data = [file for part in data[: count + 1] if isinstance(part, list) for file in part[: count + 1]]
    if not isinstance(data, list) or len(data) != count or not all(isinstance(file, bytes) for file in data):
        expected = Words("{count} picture files, one a label", count=count)
        raise _error(source, expected, "something else")
    return data


def _error(source: object, expected: str, found: str) -> DataError:
    hint = "The file may be damaged, or of another format."
    return DataError(source=source, expected=expected, found=found, hint=hint)
