"""Pictures are varied by (seed, epoch, place) alone, and as the formulas say."""

import numpy as np
import pytest

from engine.data.augmentation import Augmentation, ColourNoise
from engine.data.dataset import Split
from engine.data.loader import Loader
from engine.data.preprocessing import Preprocessing
from engine.graph.settings import DataSettings

RNG = np.random.default_rng(1)
PICTURES = RNG.integers(0, 256, (400, 12, 10, 3), dtype=np.uint8)
POSITIONS = np.arange(400)
RAW = DataSettings(mean="none", scale=1.0)
SIZE = (7, 8)


def _varied(
    augmentation: Augmentation,
    positions: np.ndarray = POSITIONS,
    *,
    settings: DataSettings = RAW,
    size: tuple[int, int] = SIZE,
    seed: int = 3,
    epoch: int = 0,
) -> np.ndarray:
    preprocessing = Preprocessing.fit(PICTURES, settings, size)
    out = np.empty((len(positions), *size, 3))
    augmentation.apply(preprocessing, PICTURES[positions], positions, out, seed=seed, epoch=epoch)
    return out


def _place(crop: np.ndarray, picture: np.ndarray) -> tuple[int, int, bool]:
    """Where a crop was cut, found by looking everywhere."""
    height, width = crop.shape[:2]
    for y in range(picture.shape[0] - height + 1):
        for x in range(picture.shape[1] - width + 1):
            window = picture[y : y + height, x : x + width]
            if np.array_equal(window, crop):
                return y, x, False
            if np.array_equal(window[:, ::-1], crop):
                return y, x, True
    raise AssertionError("the crop is no part of the picture")


def test_crops_are_windows_of_the_picture_at_every_place() -> None:
    crops = _varied(Augmentation(random_crop=True, mirror=True))
    places = [_place(crop, picture) for crop, picture in zip(crops, PICTURES, strict=True)]
    rows, columns, mirrored = map(np.array, zip(*places, strict=True))
    assert set(rows) == set(range(6))
    assert set(columns) == set(range(3))
    assert np.bincount(rows).min() > 400 / 6 * 0.6
    assert 0.4 < mirrored.mean() < 0.6
    assert abs(np.corrcoef(rows, mirrored)[0, 1]) < 0.15


def test_without_random_crops_the_middle_is_cut() -> None:
    assert np.array_equal(_varied(Augmentation()), PICTURES[:, 2:9, 1:9])


def test_a_variation_depends_on_seed_epoch_and_place_alone() -> None:
    vary = Augmentation(True, True, ColourNoise.fit(PICTURES, 0.1))
    everything = _varied(vary)
    some = RNG.permutation(400)[:50]
    assert np.array_equal(_varied(vary, some), everything[some])
    assert not np.array_equal(_varied(vary, epoch=1), everything)
    assert not np.array_equal(_varied(vary, seed=4), everything)


def test_the_mean_picture_is_cropped_with_the_picture() -> None:
    vary = Augmentation(random_crop=True)
    raw = _varied(vary)
    mean = PICTURES.astype(float).mean(0)
    prepared = _varied(vary, settings=DataSettings(mean="picture", scale=0.5))
    for crop, found, picture in zip(raw[:50], prepared, PICTURES, strict=False):
        y, x, _ = _place(crop, picture)
        expected = (picture[y : y + 7, x : x + 8] - mean[y : y + 7, x : x + 8]) * 0.5
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_border_is_zero_after_the_mean_was_subtracted() -> None:
    settings = DataSettings(mean="channel", scale=1.0, border=4)
    crops = _varied(Augmentation(random_crop=True), settings=settings, size=(12, 10))
    padded = np.pad(PICTURES - PICTURES.mean((0, 1, 2)), ((0, 0), (4, 4), (4, 4), (0, 0)))
    places = set()
    for crop, picture in zip(crops, padded, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(picture, (12, 10), (0, 1)).transpose(0, 1, 3, 4, 2)
        (place,) = np.argwhere(np.isclose(windows, crop).all((2, 3, 4)))
        places.add(tuple(place.tolist()))
    assert len(places) > 70
    assert {place[0] for place in places} == set(range(9))


def test_components_of_colours_are_those_of_the_covariance() -> None:
    noise = ColourNoise.fit(PICTURES, 0.1)
    covariance = np.cov(PICTURES.reshape(-1, 3).T.astype(float), bias=True)
    assert noise.components * noise.deviations**2 @ noise.components.T == pytest.approx(covariance, abs=1e-6)


def test_colours_are_shifted_by_cuda_convnets_formula() -> None:
    noise = ColourNoise.fit(PICTURES, 0.2)
    settings = DataSettings(mean="channel", scale=0.25)
    plain = _varied(Augmentation(), settings=settings)
    shifted = _varied(Augmentation(noise=noise), settings=settings)
    shift = shifted * 1.2 - plain
    assert np.ptp(shift, axis=(1, 2)).max() < 1e-12
    drawn = (shift[:, 0, 0] / 0.25) @ noise.components / (noise.deviations * 0.2)
    assert np.abs(drawn.mean(0)).max() < 0.2
    assert drawn.std(0) == pytest.approx(1.0, abs=0.15)


def test_a_resume_in_an_epoch_gives_the_same_variations() -> None:
    split = Split(PICTURES, np.zeros(400, np.int32))
    preprocessing = Preprocessing.fit(PICTURES, RAW, SIZE)
    vary = Augmentation(True, True, ColourNoise.fit(PICTURES, 0.1))

    def batches(start: int) -> list[np.ndarray]:
        loader = Loader(split, 32, preprocessing, seed=1, dtype=np.float32, augmentation=vary)
        return [batch.pictures for batch in loader.epoch(2, start)]

    for found, expected in zip(batches(96), batches(0)[3:], strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("settings", [RAW, DataSettings(mean="picture", scale=1 / 60)])
def test_without_room_random_crops_are_whole_pictures(settings: DataSettings) -> None:
    """Whether each is cut by itself, to be mirrored or not, or all are prepared at once."""
    size = PICTURES.shape[1:3]
    whole = _varied(Augmentation(random_crop=True), settings=settings, size=size)
    either = _varied(Augmentation(random_crop=True, mirror=True), settings=settings, size=size)
    same = (either == whole).all((1, 2, 3))
    assert 0.4 < same.mean() < 0.6
    preprocessing = Preprocessing.fit(PICTURES, settings, size)
    prepared = np.empty(PICTURES.shape)
    preprocessing.apply(PICTURES, prepared)
    assert np.array_equal(whole, prepared)
