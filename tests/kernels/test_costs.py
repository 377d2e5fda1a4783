"""Costs with targets and the sum of squares, against plain loops and against differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from kernels import control
from tests.kernels.batch import COEFFICIENT, counters, probabilities_of
from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    random,
    unwritten,
)

WEIGHT = 2.5
BATCHES = [(1, 3, 1), (5, 4, 5), (5, 4, 3), (2, 3, 0)]


def _crossent(p: Array, t: Array) -> float:
    return -math.fsum(t[k] * math.log(p[k]) for k in range(len(p)))


def _bce(p: Array, t: Array) -> float:
    terms = (WEIGHT * t[k] * math.log(p[k]) + (1 - t[k]) * math.log(1 - p[k]) for k in range(len(p)))
    return -math.fsum(terms)


def _sum2(p: Array, _t: Array) -> float:
    return math.fsum(value * value for value in p)


class CostCase:
    """A cost kernel: the port of its input, its attributes, and its loss of one example by plain loops."""

    def __init__(
        self, name: str, port: str, loss: Callable[[Array, Array], float], **attributes: Any
    ) -> None:
        self.name, self.port, self.loss, self.attributes = name, port, loss, attributes

    def arrays(self, rows: int, classes: int, valid: int, dtype: Any) -> dict[str, Array]:
        """Return the inputs of a batch; rows that are not valid hold no numbers."""
        values = probabilities_of(random((rows, classes), 4)).astype(dtype)
        targets = probabilities_of(3 * random((rows, classes), 5)).astype(dtype)
        values[valid:] = np.nan
        inputs = {self.port: values, "counters": counters(valid)}
        return inputs if self.port == "x" else {**inputs, "targets": targets}

    def forward(self, kernels: Kernels, arrays: dict[str, Array], sums: int = control.METRICS) -> Array:
        """Return the metrics after one batch."""
        metrics = np.zeros(sums)
        kernels.run(f"{self.name}.forward", {**arrays, "metrics": metrics}, **self.attributes)
        return metrics

    def backward(self, kernels: Kernels, arrays: dict[str, Array], out: Array, accumulate: bool) -> None:
        """Run the gradient's kernel."""
        attributes = {name: value for name, value in self.attributes.items() if name != "by_class"}
        kernels.run(
            f"{self.name}.backward",
            {**arrays, f"d{self.port}": out},
            coefficient=COEFFICIENT,
            accumulate=accumulate,
            **attributes,
        )

    def check(self, kernels: Kernels, rows: int = 5, classes: int = 4, valid: int = 3) -> None:
        """Assert that the gradient is that of coefficient · mean loss."""
        arrays = self.arrays(rows, classes, valid, np.float64)
        out = unwritten((rows, classes))
        self.backward(kernels, arrays, out, False)
        assert not out[valid:].any()

        def mean_loss(values: Array) -> Array:
            full = arrays[self.port].copy()
            full[:valid] = values
            metrics = self.forward(kernels, {**arrays, self.port: full})
            return np.array([COEFFICIENT * metrics[control.LOSS] / max(1, valid)])

        check_gradient(mean_loss, arrays[self.port][:valid], np.ones(1), out[:valid])


CASES = (
    CostCase("target_cross_entropy", "probabilities", _crossent),
    CostCase("bce", "probabilities", _bce, positive_weight=WEIGHT, by_class=False),
    CostCase("sum2", "x", _sum2),
)
CHECKS = {f"{case.name}.backward": partial(case.check) for case in CASES}

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_batch = pytest.mark.parametrize("batch", BATCHES)


@every_case
@every_batch
@pytest.mark.parametrize("dtype", DTYPES)
def test_loss_is_the_sum_over_the_valid_rows(
    kernels: Kernels, case: CostCase, batch: tuple[int, int, int], dtype: Any
) -> None:
    """Rows after the valid ones count for nothing, even where they hold no numbers."""
    rows, classes, valid = batch
    arrays = case.arrays(rows, classes, valid, dtype)
    values = arrays[case.port].astype(float)
    targets = arrays.get("targets", values).astype(float)
    metrics = case.forward(kernels, arrays)
    expected = math.fsum(case.loss(values[n], targets[n]) for n in range(valid))
    np.testing.assert_allclose(metrics[control.LOSS], expected, **TOLERANCE[dtype])
    assert metrics[control.EXAMPLES] == valid


@every_case
@every_batch
def test_gradients_agree_with_differences(
    kernels: Kernels, case: CostCase, batch: tuple[int, int, int]
) -> None:
    """The gradient is that of coefficient · mean loss over the valid rows."""
    case.check(kernels, *batch)


@every_case
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_overwrite_or_add(kernels: Kernels, case: CostCase, dtype: Any) -> None:
    """accumulate=True adds; float32 agrees with float64."""
    expected = unwritten((5, 4))
    case.backward(kernels, case.arrays(5, 4, 3, np.float64), expected, False)
    arrays = case.arrays(5, 4, 3, dtype)
    check_accumulates(partial(case.backward, kernels, arrays), expected.astype(dtype))


@every_case
def test_a_loss_that_is_not_finite_marks_the_step(kernels: Kernels, case: CostCase) -> None:
    """The first such step is kept."""
    arrays = case.arrays(2, 3, 2, np.float64)
    arrays[case.port][0, 0] = np.nan
    case.forward(kernels, arrays)
    assert arrays["counters"][control.FIRST_BAD_STEP] == arrays["counters"][control.STEP]


def test_errors_of_targets(kernels: Kernels) -> None:
    """A wrong answer has its largest probability elsewhere; a wrong unit is across 0.5 from its target."""
    p = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.4, 0.3, 0.3]])
    t = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    arrays = {"probabilities": p, "targets": t, "counters": counters(3)}
    assert CASES[0].forward(kernels, arrays)[control.ERRORS] == 2
    assert CASES[1].forward(kernels, arrays)[control.ERRORS] == pytest.approx(0 + 2 / 3 + 1 / 3)


def test_sums_by_class_give_precision_and_recall(kernels: Kernels) -> None:
    """Rightly said, said and due of each class: metrics go on with them."""
    p = np.array([[0.9, 0.1], [0.8, 0.7], [0.2, 0.6]])
    t = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    arrays = {"probabilities": p, "targets": t, "counters": counters(3)}
    case = CostCase("bce", "probabilities", _bce, positive_weight=1.0, by_class=True)
    metrics = case.forward(kernels, arrays, control.METRICS + 6)
    np.testing.assert_array_equal(metrics[control.METRICS :], [1, 2, 2, 2, 2, 2])


def test_top_errors(kernels: Kernels) -> None:
    """An example counts where two or more classes are more probable than its label."""
    p = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    labels = np.array([0, 1, 2], np.int32)
    metrics = np.zeros(control.METRICS + 1)
    arrays = {"probabilities": p, "labels": labels, "counters": counters(3), "metrics": metrics}
    kernels.run("cross_entropy.forward", arrays, top=2)
    assert (metrics[control.ERRORS], metrics[control.METRICS]) == (2, 1)


def test_one_hot(kernels: Kernels) -> None:
    """1 at the label, 0 elsewhere."""
    y = unwritten((3, 4))
    kernels.run("one_hot.forward", {"labels": np.array([2, 0, 3], np.int32), "y": y})
    np.testing.assert_array_equal(y, np.eye(4)[[2, 0, 3]])
