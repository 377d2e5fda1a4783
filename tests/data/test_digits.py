"""The digits are the 1,797 pictures of the UCI test set, in a fixed, stratified split."""

import hashlib

import numpy as np
import pytest

from engine.data.dataset import SPLITS, Dataset, SplitName
from engine.data.digits import load_digits

# Published with the data set: "Class: No of examples in testing set".
UCI_COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_digits()


def test_pictures_are_grey_8_by_8_with_multiples_of_15_up_to_240(digits: Dataset) -> None:
    assert digits.picture_shape == (8, 8, 1)
    for name in SPLITS:
        split = digits.split(name)
        assert split.pictures.dtype == np.uint8
        assert split.labels.dtype == np.int32
        assert set(np.unique(split.pictures)) <= set(range(0, 241, 15))
        assert split.pictures.max() == 240


def test_class_counts_are_those_that_uci_published(digits: Dataset) -> None:
    labels = np.concatenate([digits.split(name).labels for name in SPLITS])
    assert np.bincount(labels).tolist() == UCI_COUNTS
    assert len(digits.class_names) == 10


def test_each_class_is_split_70_10_20(digits: Dataset) -> None:
    for name, fraction in zip(SPLITS, (0.7, 0.1, 0.2), strict=True):
        counts = np.bincount(digits.split(name).labels)
        assert np.all(np.abs(counts - fraction * np.array(UCI_COUNTS)) <= 1)


def test_no_picture_is_in_two_splits(digits: Dataset) -> None:
    """The 1,797 pictures all differ, so that shared ones would show."""
    pictures = np.concatenate([digits.split(name).pictures for name in SPLITS])
    assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == 1797


def test_the_split_stays_as_it_is(digits: Dataset) -> None:
    assert {name: _digest(digits, name) for name in SPLITS} == {
        "train": "388c26240b7954131e106bd434b698b0a6e64944b3015b63511ed8782db9a6ee",
        "validation": "fa978f9e26c6f0941bf8788067ba9c76033cb4965931fb6926eade9c70a75c42",
        "test": "131e87816fa644ea57f32a62a963705389ba1374ff117b00ec9da7c26e8e8fec",
    }


def _digest(digits: Dataset, name: SplitName) -> str:
    split = digits.split(name)
    return hashlib.sha256(split.pictures.tobytes() + split.labels.astype("<i4").tobytes()).hexdigest()
