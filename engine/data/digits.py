"""*digits*: 1,797 handwritten digits of the UCI Optical Recognition of Handwritten Digits set, 8 × 8 pixels.

resources/data/digits/SOURCE.md names its authors and licence.
"""

from __future__ import annotations

import gzip
from importlib.resources import files

import numpy as np

from engine.data.dataset import Dataset, Split
from engine.data.stratify import stratified_parts

SIDE = 8
BRIGHTNESS = 15
"""The file's values 0..16 are multiplied by this, so that they span 0..240."""

_SPLIT_SEED = 1998
_TEST, _VALIDATION = 0.2, 0.1


def load_digits() -> Dataset:
    """Read the embedded digits: 70 % for training, 10 % for validation, 20 % for test, in every class."""
    packed = files("resources").joinpath("data", "digits", "digits.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    table = np.loadtxt(lines, dtype=np.uint8, delimiter=",")
    pictures = table[:, :-1].reshape(-1, SIDE, SIDE, 1) * np.uint8(BRIGHTNESS)
    everything = Split(pictures, table[:, -1].astype(np.int32))
    test, validation, train = stratified_parts(everything.labels, (_TEST, _VALIDATION), _SPLIT_SEED)
    return Dataset(
        name="digits",
        class_names=tuple("0123456789"),
        splits={
            "train": everything.take(train),
            "validation": everything.take(validation),
            "test": everything.take(test),
        },
    )
