"""A network file's data section names the data set."""

from pathlib import Path

import numpy as np
import pytest

from engine.data.open import open_dataset
from engine.errors import DataError, DataNotFoundError
from engine.graph.settings import DataSettings


def test_built_in_sets_are_named(tmp_path: Path) -> None:
    assert open_dataset(DataSettings(source="digits"), tmp_path).name == "digits"


def test_a_path_is_relative_to_the_network_files_folder(tmp_path: Path) -> None:
    pictures, labels = np.zeros((10, 2, 2, 1), np.uint8), np.zeros(10, int)
    (tmp_path / "data").mkdir()
    np.savez(
        tmp_path / "data" / "own.npz",
        train_pictures=pictures,
        train_labels=labels,
        test_pictures=pictures,
        test_labels=labels,
    )
    dataset = open_dataset(DataSettings(source="path", path="../data/own.npz"), tmp_path / "data")
    assert dataset.picture_shape == (2, 2, 1)


def test_an_unknown_source_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"numbers: expected a data set \(digits, shapes, path\)"):
        open_dataset(DataSettings(source="numbers"), tmp_path)


def test_a_source_of_path_needs_a_path(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected the path of your data, found none"):
        open_dataset(DataSettings(source="path"), tmp_path)
