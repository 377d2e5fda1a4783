"""A picture becomes (picture - mean) · scale."""

import numpy as np
import pytest

from engine.data.preprocessing import Preprocessing
from engine.graph.settings import DataSettings

PICTURES = np.random.default_rng(1).integers(0, 256, (50, 4, 3, 2), dtype=np.uint8)
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}


def _fit(pictures: np.ndarray, mean: str, scale: float) -> Preprocessing:
    return Preprocessing.fit(pictures, DataSettings(mean=mean, scale=scale))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("mean", "axes"), [("picture", 0), ("channel", (0, 1, 2))])
def test_the_training_mean_becomes_zero(mean: str, axes: int | tuple[int, ...], dtype: type) -> None:
    out = np.empty(PICTURES.shape, dtype)
    _fit(PICTURES, mean, 0.25).apply(PICTURES, out)
    expected = (PICTURES.astype(np.float64) - PICTURES.astype(np.float64).mean(axes)) * 0.25
    assert out == pytest.approx(expected, abs=TOLERANCE[dtype])


def test_without_mean_only_the_scale_counts() -> None:
    out = np.empty(PICTURES.shape, np.float32)
    _fit(PICTURES, "none", 0.5).apply(PICTURES, out)
    assert np.array_equal(out, PICTURES * np.float32(0.5))


def test_the_mean_does_not_depend_on_the_order_of_pictures() -> None:
    forwards = _fit(PICTURES, "picture", 1.0).mean
    assert np.array_equal(forwards, _fit(PICTURES[::-1], "picture", 1.0).mean)
