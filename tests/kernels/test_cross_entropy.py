"""Cross entropy: its sums, its gradient, masked rows and losses that are not finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.control import ERRORS, EXAMPLES, FIRST_BAD_STEP, LOSS, METRICS, NO_BAD_STEP
from tests.kernels.batch import COEFFICIENT, batch, counters
from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    unwritten,
)

BATCHES = [(1, 3, 1), (5, 10, 5), (5, 4, 3), (2, 3, 0)]

every_batch = pytest.mark.parametrize(("rows", "classes", "valid"), BATCHES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def forward(kernels: Kernels, probabilities: Array, labels: Array, control: Array) -> Array:
    """Return the metrics of one batch by the kernel."""
    metrics = np.zeros(METRICS)
    arrays = {"probabilities": probabilities, "labels": labels, "counters": control, "metrics": metrics}
    kernels.run("cross_entropy.forward", arrays)
    return metrics


def backward(
    kernels: Kernels,
    probabilities: Array,
    labels: Array,
    valid: int,
    output: Array,
    *,
    accumulate: bool = False,
) -> None:
    """Run the kernel."""
    arrays = {"probabilities": probabilities, "labels": labels, "counters": counters(valid)}
    kernels.run(
        "cross_entropy.backward",
        {**arrays, "dprobabilities": output},
        coefficient=COEFFICIENT,
        accumulate=accumulate,
    )


@every_batch
@every_dtype
def test_metrics_are_sums_over_the_valid_rows(
    kernels: Kernels, rows: int, classes: int, valid: int, dtype: Any
) -> None:
    """Loss, errors and examples agree with plain loops; rows after the valid ones do not count."""
    probabilities, labels = batch(rows, classes, dtype)
    probabilities[valid:] = np.nan
    loss, errors = 0.0, 0
    for row, label in list(zip(probabilities.tolist(), labels.tolist(), strict=True))[:valid]:
        loss -= math.log(row[label])
        errors += row.index(max(row)) != label
    control = counters(valid)
    metrics = forward(kernels, probabilities, labels, control)
    np.testing.assert_allclose(metrics[LOSS], loss, **TOLERANCE[dtype])
    assert metrics[ERRORS] == errors
    assert metrics[EXAMPLES] == valid
    assert control[FIRST_BAD_STEP] == NO_BAD_STEP


def test_metrics_add_up_over_batches(kernels: Kernels) -> None:
    """A second batch adds to the metrics of the first."""
    probabilities, labels = batch(5, 4)
    once = forward(kernels, probabilities, labels, counters(5))
    metrics = once.copy()
    arrays = {"probabilities": probabilities, "labels": labels, "counters": counters(5), "metrics": metrics}
    kernels.run("cross_entropy.forward", arrays)
    np.testing.assert_array_equal(metrics, 2 * once)


@every_batch
@every_dtype
def test_gradient_agrees_with_plain_loops(
    kernels: Kernels, rows: int, classes: int, valid: int, dtype: Any
) -> None:
    """Only the label of a valid row has a gradient; accumulate=True adds."""
    probabilities, labels = batch(rows, classes, dtype)
    probabilities[valid:] = np.nan
    expected = np.zeros((rows, classes), dtype)
    for n in range(valid):
        expected[n, labels[n]] = -COEFFICIENT / (valid * float(probabilities[n, labels[n]]))
    check_accumulates(
        lambda output, accumulate: backward(
            kernels, probabilities, labels, valid, output, accumulate=accumulate
        ),
        expected,
    )


def test_masked_rows_have_exactly_no_gradient(kernels: Kernels) -> None:
    """Rows after the valid ones are 0, not small, even where they hold no numbers."""
    probabilities, labels = batch(5, 4)
    probabilities[3:] = np.nan
    gradient = unwritten((5, 4))
    backward(kernels, probabilities, labels, 3, gradient)
    assert (gradient[3:] == 0).all()
    assert gradient[:3].any(axis=1).all()


def check(kernels: Kernels, rows: int = 5, classes: int = 4, valid: int = 3) -> None:
    """Check the gradient of the mean loss."""
    probabilities, labels = batch(rows, classes)
    gradient = unwritten(probabilities.shape)
    backward(kernels, probabilities, labels, valid, gradient)

    def mean_loss(probabilities: Array) -> Array:
        metrics = forward(kernels, probabilities, labels, counters(valid))
        return COEFFICIENT * metrics[[LOSS]] / max(1, valid)

    check_gradient(mean_loss, probabilities, np.ones(1), gradient)


@every_batch
def test_gradient_agrees_with_differences(kernels: Kernels, rows: int, classes: int, valid: int) -> None:
    """The gradient is that of coefficient · mean loss."""
    check(kernels, rows, classes, valid)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_first_step_that_is_not_finite_is_kept(kernels: Kernels, bad: float) -> None:
    """A loss that is not finite marks its step; later ones do not move the mark."""
    probabilities, labels = batch(5, 4)
    probabilities[2] = bad
    control = counters(5, step=12)
    forward(kernels, probabilities, labels, control)
    assert control[FIRST_BAD_STEP] == 12
    control[:] = counters(5, step=13)
    control[FIRST_BAD_STEP] = 12
    forward(kernels, probabilities, labels, control)
    assert control[FIRST_BAD_STEP] == 12


def test_rows_that_do_not_count_cannot_mark_a_step(kernels: Kernels) -> None:
    """Padding may hold anything."""
    probabilities, labels = batch(5, 4)
    probabilities[3:] = np.nan
    control = counters(3)
    forward(kernels, probabilities, labels, control)
    assert control[FIRST_BAD_STEP] == NO_BAD_STEP


@every_dtype
def test_a_probability_of_zero_is_finite(kernels: Kernels, dtype: Any) -> None:
    """It counts as the smallest normal number: one hopeless example does not end a training."""
    probabilities, labels = np.array([[1, 0]], dtype), np.array([1], np.int32)
    control, gradient = counters(1), unwritten((1, 2), dtype)
    metrics = forward(kernels, probabilities, labels, control)
    backward(kernels, probabilities, labels, 1, gradient)
    np.testing.assert_allclose(metrics[LOSS], -math.log(np.finfo(dtype).tiny))
    assert metrics[ERRORS] == 1
    assert control[FIRST_BAD_STEP] == NO_BAD_STEP
    assert np.isfinite(gradient).all()
