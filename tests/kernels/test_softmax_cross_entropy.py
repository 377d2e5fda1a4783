"""Softmax and cross entropy in one: the gradient, against the two kernels and against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.batch import COEFFICIENT, batch, counters, probabilities_of
from tests.kernels.gradient_check import (
    DTYPES,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    random,
    unwritten,
)

BATCHES = [(1, 3, 1), (5, 10, 5), (5, 4, 3), (2, 3, 0)]

every_batch = pytest.mark.parametrize(("rows", "classes", "valid"), BATCHES)


def backward(
    kernels: Kernels, probabilities: Array, labels: Array, valid: int, dx: Array, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    arrays = {"probabilities": probabilities, "labels": labels, "counters": counters(valid), "dx": dx}
    kernels.run("softmax_cross_entropy.backward", arrays, coefficient=COEFFICIENT, accumulate=accumulate)


@every_batch
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_agrees_with_plain_loops(
    kernels: Kernels, rows: int, classes: int, valid: int, dtype: Any
) -> None:
    """Each valid row has coefficient · (p − onehot) / valid; accumulate=True adds."""
    probabilities, labels = batch(rows, classes, dtype)
    probabilities[valid:] = np.nan
    expected = np.zeros((rows, classes), dtype)
    for n, k in np.ndindex(valid, classes):
        expected[n, k] = COEFFICIENT * (float(probabilities[n, k]) - (k == labels[n])) / valid
    check_accumulates(
        lambda dx, accumulate: backward(kernels, probabilities, labels, valid, dx, accumulate=accumulate),
        expected,
    )


def check(kernels: Kernels, rows: int = 5, classes: int = 4, valid: int = 3) -> None:
    """Check the gradient of the mean loss with respect to the inputs of the softmax."""
    inputs, (_, labels) = random((rows, classes), 1), batch(rows, classes)
    dx = unwritten(inputs.shape)
    backward(kernels, probabilities_of(inputs), labels, valid, dx)

    def mean_loss(inputs: Array) -> Array:
        likelihood = probabilities_of(inputs)[np.arange(valid), labels[:valid]]
        return np.array([-COEFFICIENT * np.log(likelihood).sum() / max(1, valid)])

    check_gradient(mean_loss, inputs, np.ones(1), dx)


@every_batch
def test_gradient_agrees_with_differences(kernels: Kernels, rows: int, classes: int, valid: int) -> None:
    """The gradient is that of coefficient · mean loss."""
    check(kernels, rows, classes, valid)


def test_gradient_is_that_of_the_two_kernels(kernels: Kernels) -> None:
    """Going back through cross entropy and then softmax gives the same."""
    probabilities, labels = batch(5, 4)
    both, dprobabilities, dx = (unwritten((5, 4)) for _ in range(3))
    backward(kernels, probabilities, labels, 3, both)
    arrays = {"probabilities": probabilities, "labels": labels, "counters": counters(3)}
    kernels.run(
        "cross_entropy.backward", {**arrays, "dprobabilities": dprobabilities}, coefficient=COEFFICIENT
    )
    kernels.run("softmax.backward", {"y": probabilities, "dy": dprobabilities, "dx": dx})
    np.testing.assert_allclose(both, dx, rtol=1e-12, atol=1e-15)


def test_masked_rows_have_exactly_no_gradient(kernels: Kernels) -> None:
    """Rows after the valid ones are 0, not small, even where they hold no numbers."""
    probabilities, labels = batch(5, 4)
    probabilities[3:] = np.nan
    dx = unwritten((5, 4))
    backward(kernels, probabilities, labels, 3, dx)
    assert (dx[3:] == 0).all()
    assert dx[:3].all()
