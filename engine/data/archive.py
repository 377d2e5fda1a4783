"""Reads the user's own pictures from a NumPy archive, ``*.npz``.

It holds ``train_pictures`` and ``test_pictures``, uint8 (N, height, width, channels) with values 0..255, and
``train_labels`` and ``test_labels``, whole numbers (N,) that count the classes from 0. Optional are
``validation_pictures`` and ``validation_labels``; without them, a share of each class of the training
pictures is kept for validation, the same ones each time. Optional are ``class_names`` too, text (classes,).
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from engine.data.dataset import SPLITS, Dataset, Split, SplitName
from engine.data.stratify import stratified_parts
from engine.errors import DataError, DataNotFoundError
from engine.words import Words

_VALIDATION_SEED = 1
_MOST_CLASSES = 1_000_000
# zipfile raises RuntimeError for what it cannot read: encryption, other compression, later versions.
_UNREADABLE = (OSError, EOFError, ValueError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error)
_NAMES = frozenset(f"{split}_{part}" for split in SPLITS for part in ("pictures", "labels")) | {"class_names"}


def load_archive(path: Path, validation_share: float = 0.1) -> Dataset:
    """Read the data set at ``path``; ``validation_share`` is kept where it has no validation pictures.

    Raises DataNotFoundError where there is none, and DataError, naming the array, where it cannot be used.
    """
    if not path.exists():
        raise DataNotFoundError(source=path, expected="an .npz file", hint="Correct the path of the data.")
    with _open(path) as archive:
        return _Reader(path, archive).dataset(validation_share)


def _open(path: Path) -> NpzFile:
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, NpzFile):
            return archive
        found = "a single array"
    except _UNREADABLE as error:
        # NumPy's own words, on what else it might be and how to load that unsafely, would mislead.
        reason = error.strerror if isinstance(error, OSError) else None
        found = reason or "something else, or a damaged one"
    hint = "Save the arrays again with numpy.savez, or choose another file."
    raise DataError(source=path, expected="an archive of numpy.savez", found=found, hint=hint)


class _Reader:
    """Checks each array of an open archive as it is read."""

    def __init__(self, path: Path, archive: NpzFile) -> None:
        self._path = path
        self._archive = archive

    def dataset(self, validation_share: float) -> Dataset:
        unknown = sorted(set(self._archive.files) - _NAMES)
        if unknown:
            expected = Words("only arrays named {names}", names=", ".join(sorted(_NAMES)))
            raise self._error(unknown[0], expected, "this name", "Rename the array, or leave it out.")
        splits = {name: self._split(name) for name in SPLITS if name != "validation" or self._has(name)}
        self._check_same_size(splits)
        classes = 1 + max(int(split.labels.max()) for split in splits.values())
        class_names = self._class_names(classes)
        if "validation" not in splits:
            splits["train"], splits["validation"] = self._hold_out(splits["train"], validation_share)
        return Dataset(self._path.name, class_names, {name: splits[name] for name in SPLITS})

    def _has(self, split: SplitName) -> bool:
        return any(f"{split}_{part}" in self._archive.files for part in ("pictures", "labels"))

    def _error(self, array: str, expected: str, found: object, hint: str = "") -> DataError:
        return DataError(source=f"{self._path}: {array}", expected=expected, found=found, hint=hint)

    def _split(self, name: SplitName) -> Split:
        pictures, labels = self._pictures(f"{name}_pictures"), self._labels(f"{name}_labels")
        if len(labels) != len(pictures):
            expected = Words("{count} labels, one a picture", count=len(pictures))
            hint = "Save as many labels as pictures."
            raise self._error(f"{name}_labels", expected, len(labels), hint)
        return Split(pictures, labels)

    def _array(self, name: str) -> NDArray[np.generic]:
        if name not in self._archive.files:
            raise self._error(name, "this array", "none", "Add it to the archive.")
        try:
            return np.ascontiguousarray(self._archive[name])
        except _UNREADABLE as error:
            hint = "Save plain numbers with numpy.savez."
            raise self._error(name, "an array that can be read", "a damaged one, or objects", hint) from error

    def _pictures(self, name: str) -> NDArray[np.uint8]:
        array = self._array(name)
        if array.ndim != 4 or 0 in array.shape:
            hint = "Grey pictures have one channel: (N, height, width, 1)."
            raise self._error(name, "shape (N, height, width, channels), not empty", array.shape, hint)
        if array.dtype != np.uint8:
            hint = "Scale the values to 0..255 and convert them with astype(numpy.uint8)."
            raise self._error(name, "uint8", array.dtype, hint)
        return array.astype(np.uint8, copy=False)

    def _labels(self, name: str) -> NDArray[np.int32]:
        array = self._array(name)
        if array.ndim != 1 or 0 in array.shape:
            hint = "Save one whole number for each picture."
            raise self._error(name, "shape (N,), not empty", array.shape, hint)
        if not np.issubdtype(array.dtype, np.integer):
            raise self._error(name, "whole numbers", array.dtype, "Convert them with astype(numpy.int32).")
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= _MOST_CLASSES:
            wrong = low if low < 0 else high
            expected = Words("classes counted from 0 to at most {most}", most=_MOST_CLASSES - 1)
            raise self._error(name, expected, wrong, "Number the classes from 0.")
        return array.astype(np.int32)

    def _check_same_size(self, splits: dict[SplitName, Split]) -> None:
        expected = splits["train"].pictures.shape[1:]
        for name, split in splits.items():
            found = split.pictures.shape[1:]
            if found != expected:
                wanted = Words("pictures of {shape} as train_pictures", shape=expected)
                hint = "Scale all pictures alike."
                raise self._error(f"{name}_pictures", wanted, found, hint)

    def _hold_out(self, train: Split, share: float) -> tuple[Split, Split]:
        validation, kept = stratified_parts(train.labels, (share,), _VALIDATION_SEED)
        if share and not len(validation):
            expected = "at least 5 pictures of a class, to keep some for validation"
            raise self._error(
                "train_pictures", expected, Words("{count} in all", count=len(train)), "Add pictures."
            )
        return train.take(kept), train.take(validation)

    def _class_names(self, classes: int) -> tuple[str, ...]:
        if "class_names" not in self._archive.files:
            return tuple(str(label) for label in range(classes))
        array = self._array("class_names")
        if array.ndim != 1 or array.dtype.kind != "U" or len(array) < classes:
            found = f"{array.dtype} {array.shape}"
            expected = Words("text of shape (classes,) with at least {count}", count=classes)
            hint = "Save a name for each class."
            raise self._error("class_names", expected, found, hint)
        return tuple(array.tolist())
