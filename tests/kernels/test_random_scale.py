"""Random scale against plain loops; every size and place comes up, however a batch is split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.control import OFFSET, SEED
from kernels.philox import blocks
from tests.kernels.batch import counters
from tests.kernels.gradient_check import DTYPES, TOLERANCE, Array, Kernels, random, unwritten

STREAM = 774
SEED_USED = 5


def control(offset: int = 0, step: int = 12) -> Array:
    values = counters(4, step)
    values[[SEED, OFFSET]] = SEED_USED, offset
    return values


def between(line: Array, at: float) -> Array:
    """Return what lies at a place of a line of pixels."""
    at = min(max(at, 0.0), max(0.0, len(line) - 1.01))
    first = math.floor(at)
    second = min(first + 1, len(line) - 1)
    return np.asarray(line[first] * (1 - (at - first)) + line[second] * (at - first))


def resized(picture: Array, rows: int, columns: int, scales: tuple[float, float]) -> Array:
    height, width, channels = picture.shape
    y = np.empty((rows, columns, channels))
    for p in range(rows):
        for q in range(columns):
            at = p * scales[0] + (height - rows * scales[0]) / 2
            line = np.stack([between(picture[:, column], at) for column in range(width)])
            y[p, q] = between(line, q * scales[1] + (width - columns * scales[1]) / 2)
    return y


def choice(picture: Array, position: int, least: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return rows, columns, top and left of the picture at a position of the batch."""
    words = blocks(1, seed=SEED_USED, stream=STREAM, step=12, position=position)[0].tolist()
    height, width, _ = picture.shape
    rows = height - words[0] * (height - least + 1) // 2**32
    columns = width * rows // height
    top, left = words[1] * (rows - size[0] + 1) // 2**32, words[2] * (columns - size[1] + 1) // 2**32
    return rows, columns, top, left


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "least", "size"),
    [((6, 9, 7, 3), 6, (5, 4)), ((3, 5, 8, 1), 5, (5, 8)), ((4, 4, 4, 2), 2, (1, 2))],
)
def test_parts_are_those_of_the_resized_pictures(
    kernels: Kernels, dtype: Any, shape: tuple[int, ...], least: int, size: tuple[int, int]
) -> None:
    x = random(shape, 3, dtype)
    y = unwritten((shape[0], *size, shape[3]), dtype)
    arrays = {"x": x, "counters": control(offset=2), "y": y}
    kernels.run("random_scale.forward", arrays, least=least, stream=STREAM)
    for number, picture in enumerate(x.astype(np.float64)):
        rows, columns, top, left = choice(picture, number + 2, least, size)
        scale = picture.shape[0] / rows
        whole = resized(picture, rows, columns, (scale, scale))
        part = whole[top : top + size[0], left : left + size[1]]
        np.testing.assert_allclose(y[number], part, **TOLERANCE[dtype])


def test_every_size_and_place_comes_up() -> None:
    """Rows from ⌊height / factor⌋ to height, corners from 0 to the last."""
    picture = np.zeros((6, 8, 1))
    found = [choice(picture, position, 4, (3, 5)) for position in range(600)]
    assert {(rows, columns) for rows, columns, _, _ in found} == {(4, 5), (5, 6), (6, 8)}
    assert {(top, left) for rows, _, top, left in found if rows == 6} == {
        (top, left) for top in range(4) for left in range(4)
    }


def test_a_part_of_a_batch_is_what_it_is_in_the_whole(kernels: Kernels) -> None:
    x = random((6, 8, 8, 3))
    whole, part = unwritten((6, 5, 5, 3)), unwritten((2, 5, 5, 3))
    settings = {"least": 6, "stream": STREAM}
    kernels.run("random_scale.forward", {"x": x, "counters": control(), "y": whole}, **settings)
    kernels.run("random_scale.forward", {"x": x[4:], "counters": control(offset=4), "y": part}, **settings)
    np.testing.assert_array_equal(part, whole[4:])
    later = unwritten(whole.shape)
    kernels.run("random_scale.forward", {"x": x, "counters": control(step=13), "y": later}, **settings)
    assert not np.array_equal(later, whole)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tests_see_the_whole_picture_resized(kernels: Kernels, dtype: Any) -> None:
    x, y = random((3, 7, 9, 2), 1, dtype), unwritten((3, 4, 5, 2), dtype)
    kernels.run("random_scale.evaluate", {"x": x, "y": y})
    for picture, small in zip(x.astype(np.float64), y, strict=True):
        np.testing.assert_allclose(small, resized(picture, 4, 5, (7 / 4, 9 / 5)), **TOLERANCE[dtype])
