"""What a checkpoint carries prepares a picture file as the training did."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Split
from engine.data.loader import Loader
from engine.data.open import open_dataset
from engine.data.preparation import MEAN, Preparation
from engine.errors import DataError
from engine.graph.settings import DataSettings


@pytest.fixture
def settings(tmp_path: Path, write: Callable[..., Path], encode: Callable[..., bytes]) -> DataSettings:
    contents = {
        f"{name}/{n}.png": encode(n + 100 * (name == "cat")) for name in ("cat", "dog") for n in range(20)
    }
    path = write(tmp_path / "set", contents)
    return DataSettings(source="path", path=str(path), size=6, scale=0.125, test_views="ten")


def _carried(preparation: Preparation) -> Preparation:
    record, arrays = preparation.to_record()
    return Preparation.from_record(json.loads(json.dumps(record)), {**arrays, "other": np.zeros(3)})


def test_a_record_comes_back_as_it_was(settings: DataSettings) -> None:
    preparation = Preparation.fit(open_dataset(settings, Path()), settings, (4, 4))
    carried = _carried(preparation)
    assert carried.class_names == ("cat", "dog")
    assert carried.test_views == "ten"
    assert carried.preprocessing.scale == 0.125
    assert carried.preprocessing.size == (4, 4)
    assert np.array_equal(carried.preprocessing.mean, preparation.preprocessing.mean)


def test_a_picture_file_is_prepared_as_at_a_test(settings: DataSettings, tmp_path: Path) -> None:
    dataset = open_dataset(settings, Path())
    preparation = Preparation.fit(dataset, settings, (4, 4))
    content = (tmp_path / "set" / "cat" / "3.png").read_bytes()
    found = _carried(preparation).prepare(content, "3.png", np.float32)
    assert found.shape == (10, 4, 4, 3)
    everything = [dataset.split(name).pictures[:] for name in ("train", "validation", "test")]
    split = Split(np.concatenate(everything), np.zeros(40, np.int32))
    loader = Loader(split, 40, preparation.preprocessing, seed=0, dtype=np.float32)
    (batch,) = loader.epoch(0, shuffle=False)
    assert any(np.array_equal(found[2], picture) for picture in batch.pictures)


@pytest.mark.parametrize(
    ("record", "arrays"),
    [
        ({"scale": "much"}, {}),
        ({"unknown": 1}, {}),
        ({}, {MEAN: np.zeros((9, 9))}),
        (None, {}),
    ],
)
def test_a_wrong_record_is_refused(settings: DataSettings, record: Any, arrays: dict[str, Any]) -> None:
    right, means = Preparation.fit(open_dataset(settings, Path()), settings, (4, 4)).to_record()
    changed = None if record is None else {**right, **record}
    with pytest.raises(DataError, match="expected its preparation"):
        Preparation.from_record(changed, {**means, **arrays})


def test_a_record_without_its_array_is_refused(settings: DataSettings) -> None:
    record, _ = Preparation.fit(open_dataset(settings, Path()), settings, (4, 4)).to_record()
    with pytest.raises(DataError, match="expected its preparation"):
        Preparation.from_record(record, {})
