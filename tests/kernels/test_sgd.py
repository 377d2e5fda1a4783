"""Stochastic gradient descent, against the rule written out for single numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.control import COUNTERS, FIRST_BAD_STEP, NO_BAD_STEP, UPDATE
from tests.kernels.gradient_check import DTYPES, TOLERANCE, Array, Kernels, random

SETTINGS = np.array([[9.0, 9.0, 9.0], [0.1, 0.9, 0.02], [9.0, 9.0, 9.0]])


def counters(update: int = 1, first_bad_step: int = NO_BAD_STEP) -> Array:
    """Return counters of one step."""
    values = np.zeros(COUNTERS, np.int64)
    values[[UPDATE, FIRST_BAD_STEP]] = update, first_bad_step
    return values


def state(shape: tuple[int, ...], dtype: Any = np.float64) -> dict[str, Array]:
    """Return weights, gradient and velocity."""
    return {name: random(shape, seed, dtype) for seed, name in enumerate(("weights", "gradient", "velocity"))}


def update(kernels: Kernels, arrays: dict[str, Array], control: Array) -> None:
    """Run the kernel with the middle row of the settings."""
    kernels.run("sgd.update", {**arrays, "counters": control, "settings": SETTINGS}, slot=1)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 3, 1), (3, 20_011)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_updates_by_the_rule_of_cuda_convnet(kernels: Kernels, shape: tuple[int, ...], dtype: Any) -> None:
    """Two steps of v = momentum·v − decay·rate·w − rate·gradient, w += v, with the row of its slot."""
    arrays = state(shape, dtype)
    expected_w, expected_v = [], []
    for w, g, v in zip(*(array.ravel().tolist() for array in arrays.values()), strict=True):
        for _ in range(2):
            v = 0.9 * v - 0.02 * 0.1 * w - 0.1 * g  # noqa: PLW2901
            w = w + v  # noqa: PLW2901
        expected_w.append(w)
        expected_v.append(v)
    gradient = arrays["gradient"].copy()
    update(kernels, arrays, counters())
    update(kernels, arrays, counters())
    np.testing.assert_allclose(arrays["weights"].ravel(), expected_w, **TOLERANCE[dtype])
    np.testing.assert_allclose(arrays["velocity"].ravel(), expected_v, **TOLERANCE[dtype])
    np.testing.assert_array_equal(arrays["gradient"], gradient)


@pytest.mark.parametrize("control", [counters(update=0), counters(first_bad_step=0), counters(1, 41)])
def test_writes_nothing_where_it_must_not(kernels: Kernels, control: Array) -> None:
    """A step that does not update, or that follows a bad one, leaves weights and velocity alone."""
    arrays = state((2, 3))
    before = {name: array.copy() for name, array in arrays.items()}
    update(kernels, arrays, control)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])
