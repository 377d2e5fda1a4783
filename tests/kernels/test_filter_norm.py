"""Limits of the norms of weights, against the rule written out for single units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.control import COUNTERS, FIRST_BAD_STEP, NO_BAD_STEP, UPDATE
from tests.kernels.gradient_check import DTYPES, TOLERANCE, Array, Kernels, random


def counters(update: int = 1, first_bad_step: int = NO_BAD_STEP) -> Array:
    values = np.zeros(COUNTERS, np.int64)
    values[[UPDATE, FIRST_BAD_STEP]] = update, first_bad_step
    return values


def limited(values: list[float], least: float, most: float, centred: bool) -> list[float]:
    middle = sum(values) / len(values) if centred else 0.0
    norm = math.sqrt(sum((value - middle) ** 2 for value in values)) / (len(values) if centred else 1)
    wanted = max(norm, least)
    if most:
        wanted = min(wanted, most)
    return [value * (wanted / norm if norm else 1.0) for value in values]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("limits", [(0.0, 0.8), (1.1, 0.0), (0.9, 0.9), (0.02, 0.03), (0.0, 0.0)])
@pytest.mark.parametrize("shape", [(4, 3, 3, 2), (5, 700), (3, 6, 4), (1, 1)])
def test_each_units_norm_is_brought_within_its_limits(
    kernels: Kernels, shape: tuple[int, ...], limits: tuple[float, float], centred: bool, dtype: Any
) -> None:
    """Filters of conv, units of fc, filters of each place of local; one of them is 0 altogether."""
    by_place, (least, most) = len(shape) == 3, limits
    weights = random(shape, 6, dtype)
    weights[0] *= 0.01
    weights[-1] = 0 if len(weights) > 1 else weights[-1]
    units = weights.astype(np.float64).reshape(shape[0], -1, shape[-1] if by_place else 1)
    expected = [
        [limited(unit[:, number].tolist(), least, most, centred) for number in range(unit.shape[1])]
        for unit in units
    ]
    settings = {"least": least, "most": most, "centred": centred, "by_place": by_place}
    kernels.run("filter_norm.update", {"weights": weights, "counters": counters()}, **settings)
    found = weights.reshape(units.shape).transpose(0, 2, 1)
    np.testing.assert_allclose(found, np.array(expected), **TOLERANCE[dtype])


@pytest.mark.parametrize("control", [counters(update=0), counters(first_bad_step=3)])
def test_nothing_is_written_where_it_must_not(kernels: Kernels, control: Array) -> None:
    weights = random((3, 4))
    before = weights.copy()
    arrays = {"weights": weights, "counters": control}
    kernels.run("filter_norm.update", arrays, least=0.0, most=0.1, centred=False, by_place=False)
    np.testing.assert_array_equal(weights, before)
