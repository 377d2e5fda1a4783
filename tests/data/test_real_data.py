"""Small parts of CIFAR-10 and ImageNet, where CONVNET_TEST_DATA names a folder that holds them."""

import io
import os
import tarfile
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.bundle import members
from engine.data.decode import decode
from engine.data.open import open_dataset
from engine.graph.settings import DataSettings

FOLDER = Path(os.environ.get("CONVNET_TEST_DATA", "missing"))


def _need(name: str) -> Path:
    if not (FOLDER / name).exists():
        pytest.skip(f"needs {name} in $CONVNET_TEST_DATA")
    return FOLDER / name


def test_pictures_of_cifar10_are_as_pillow_decodes_them() -> None:
    for member in islice(members(_need("cifar10-jpeg.tar.xz")), 20):
        content = member.read()
        expected = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        assert np.array_equal(decode(content, None, 3, member.name), expected)


def test_pictures_of_imagenet_become_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "some.tar"
    with tarfile.open(path, "w") as archive:
        for member in islice(members(_need("imagenet-samples.tar")), 12):
            content = member.read()
            entry = tarfile.TarInfo(f"train/{len(member.name) % 2}/{member.name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    dataset = open_dataset(DataSettings(source="path", path=str(path), size=128), Path())
    assert dataset.picture_shape == (128, 128, 3)
    assert sum(len(split) for split in dataset.splits.values()) == 12
    assert not dataset.skipped
