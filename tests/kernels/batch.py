"""Batches of probabilities and labels for the cost kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.control import COUNTERS, FIRST_BAD_STEP, NO_BAD_STEP, STEP, VALID
from tests.kernels.gradient_check import Array, random

COEFFICIENT = 0.7


def probabilities_of(inputs: Array) -> Array:
    """Return the softmax of ``inputs`` (N, K)."""
    powers = np.exp(inputs)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def batch(rows: int, classes: int, dtype: Any = np.float64) -> tuple[Array, Array]:
    """Return probabilities (rows, classes) and labels (rows,)."""
    labels = np.random.default_rng(5).integers(0, classes, rows).astype(np.int32)
    return probabilities_of(random((rows, classes), 4)).astype(dtype), labels


def counters(valid: int, step: int = 12) -> Array:
    """Return counters of a step with ``valid`` rows and no bad step so far."""
    values = np.zeros(COUNTERS, np.int64)
    values[[VALID, STEP, FIRST_BAD_STEP]] = valid, step, NO_BAD_STEP
    return values
