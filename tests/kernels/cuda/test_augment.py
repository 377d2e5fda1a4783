"""The preparation of pictures on a GPU: what is drawn is bit for bit what the CPU draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.data.augmentation import Augmentation, ColourNoise
from engine.data.preprocessing import Preprocessing
from kernels.cuda._augment import Variation, prepare
from tests.kernels.cuda import nvrtc
from tests.kernels.cuda.launches import noted
from tests.kernels.cuda.test_compiles import assert_compiles

SHAPE, CROP, BORDER = (9, 8, 3), (7, 7), 1
HOW = {
    "plain": {},
    "crops": {"random_crop": True},
    "mirror": {"mirror": True},
    "colours": {"random_crop": True, "mirror": True, "noise": 0.4},
}


def augmentation(pictures: Any, random_crop: bool = False, mirror: bool = False, noise: float = 0.0) -> Any:
    """Return the augmentation of the CPU."""
    return Augmentation(random_crop, mirror, ColourNoise.fit(pictures, noise) if noise else None)


def arguments(how: Augmentation, preprocessing: Preprocessing, seed: int, epoch: int) -> dict[str, Any]:
    """Return what the kernel is told of an augmentation."""
    noise = how.noise
    variation = Variation(
        seed=seed,
        epoch=epoch,
        scale=preprocessing.scale,
        border=preprocessing.border,
        room=preprocessing.room,
        middle=preprocessing.middle,
        random_crop=how.random_crop,
        mirror=how.mirror,
        shrink=1.0 + (noise.coefficient if noise else 0.0),
    )
    components = None if noise is None else noise.spread
    return {"how": variation, "components": components}


@pytest.mark.gpu
@pytest.mark.parametrize("within_split", [True, False])
@pytest.mark.parametrize("name", HOW)
def test_pictures_are_those_of_the_cpu(name: str, within_split: bool) -> None:
    """Bit for bit in float32, but for shifted colours, which agree to rounding; rows of no example are 0."""
    import cupy

    chance = np.random.default_rng(4)
    pictures = chance.integers(0, 256, (40, *SHAPE)).astype(np.uint8)
    labels = chance.integers(0, 10, 40).astype(np.int32)
    mean = pictures.mean(0)
    preprocessing = Preprocessing(mean, 1 / 50, SHAPE, CROP, BORDER)
    how = augmentation(pictures, **HOW[name])  # type: ignore[arg-type]
    order, first, valid = chance.permutation(40), 11, 6
    positions = order[first : first + valid]
    expected = np.zeros((8, *CROP, 3), np.float32)
    how.apply(preprocessing, pictures[positions], positions, expected[:valid], seed=2**40 + 5, epoch=3)
    x, classes = cupy.full(expected.shape, np.nan, np.float32), cupy.full(8, -1, np.int32)
    told = arguments(how, preprocessing, 2**40 + 5, 3)
    if told["components"] is not None:
        told["components"] = cupy.asarray(np.ascontiguousarray(told["components"]))
    source = pictures if within_split else pictures[positions]
    prepare(
        pictures=cupy.asarray(source),
        classes=cupy.asarray(labels if within_split else labels[positions]),
        order=cupy.asarray(order if within_split else positions),
        mean=cupy.asarray(mean.astype(np.float32)),
        x=x,
        labels=classes,
        first=first if within_split else 0,
        valid=valid,
        within_split=within_split,
        **told,
    )
    np.testing.assert_array_equal(classes.get(), [*labels[positions], 0, 0])
    if how.noise is None:
        np.testing.assert_array_equal(x.get(), expected)
    else:
        np.testing.assert_allclose(x.get(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(nvrtc.folder() is None, reason="the compiler's wheel is not installed")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", HOW)
def test_it_compiles(name: str, dtype: str) -> None:
    preprocessing = Preprocessing(np.zeros(SHAPE), 1 / 50, SHAPE, CROP, BORDER)
    chance = np.random.default_rng(4).integers(0, 256, (40, *SHAPE)).astype(np.uint8)
    with noted() as units:
        prepare(
            pictures=chance,
            classes=np.zeros(40, np.int32),
            order=np.zeros(40, np.int64),
            mean=np.zeros(SHAPE, dtype),
            x=np.zeros((8, *CROP, 3), dtype),
            labels=np.zeros(8, np.int32),
            first=0,
            valid=3,
            within_split=True,
            **arguments(augmentation(chance, **HOW[name]), preprocessing, 1, 2),  # type: ignore[arg-type]
        )
    assert_compiles(units, "sm_75")
