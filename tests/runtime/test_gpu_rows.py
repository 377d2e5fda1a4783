"""A rank on a GPU gets the pictures of its rows, the same as on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.augmentation import Augmentation
from engine.data.dataset import Split
from engine.data.loader import Loader
from engine.data.preprocessing import Preprocessing
from engine.graph.settings import DataSettings
from engine.runtime import gpu_loader

pytestmark = pytest.mark.gpu

BATCH = 10
SETTINGS = DataSettings(mean="picture", scale=1 / 64, random_crop=True, mirror=True)
SPLIT = Split(
    np.random.default_rng(1).integers(0, 256, (27, 6, 6, 3), dtype=np.uint8), np.arange(27, dtype=np.int32)
)


class Labels:
    """Takes the labels of a batch, where the loader does not write them itself."""

    def __init__(self) -> None:
        self.labels: NDArray[np.int32] | None = None

    def feed_pictures(self, pictures: NDArray[Any]) -> None:
        raise AssertionError("the loader writes pictures itself")

    def feed_labels(self, labels: NDArray[np.int32]) -> None:
        self.labels = labels


@pytest.mark.parametrize("share", [gpu_loader.SHARE, 0.0], ids=["resident", "streamed"])
@pytest.mark.parametrize("rows", [range(10), range(4), range(4, 10), [1, 2, 7, 8]], ids=str)
def test_pictures_and_labels_are_those_of_the_cpu(
    rows: Any, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.runtime.gpu import Gpu

    monkeypatch.setattr(gpu_loader, "SHARE", share)
    loader = Loader(
        SPLIT,
        BATCH,
        Preprocessing.fit(SPLIT.pictures, SETTINGS, (4, 4)),
        seed=3,
        dtype=np.float32,
        augmentation=Augmentation.fit(SPLIT.pictures, SETTINGS),
        rows=np.array(rows, np.int64),
    )
    gpu = Gpu(1 << 16, 0)
    x, labels = gpu.empty((len(rows), 4, 4, 3), np.float32), gpu.empty((BATCH,), np.int32)
    feed = gpu.feed(loader, [x], [labels])
    assert isinstance(feed, gpu_loader.GpuLoader)
    for mine, theirs in zip(feed.epoch(1), loader.epoch(1), strict=True):
        target = Labels()
        mine.fill(target)
        assert np.allclose(gpu.read(x), theirs.pictures, atol=1e-5)
        found = gpu.read(labels) if target.labels is None else target.labels
        assert np.array_equal(found, theirs.labels)
