"""A last layer, its cost and their gradients in one: against plain formulas in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels import control
from kernels.registry import find
from tests.kernels import on_gpu
from tests.kernels.batch import COEFFICIENT, counters

ROWS, VALID, TOP = 7, 5, 3
TOLERANCES = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 1e-2}

Arrays = dict[str, np.ndarray[Any, Any]]


def batch(inputs: int, outputs: int, dtype: Any) -> Arrays:
    """Return what the kernel reads: inputs of which half are not positive."""
    chance = np.random.default_rng(inputs)
    return {
        "x": chance.uniform(-1, 1, (ROWS, inputs)).astype(dtype),
        "weights": chance.uniform(-0.2, 0.2, (outputs, inputs)).astype(dtype),
        "biases": chance.uniform(-1, 1, outputs).astype(dtype),
        "labels": chance.integers(0, outputs, ROWS).astype(np.int32),
    }


def expected(arrays: Arrays, *, gated: bool) -> Arrays:
    """Return the gradients, the scores and the likelihoods of the labels, in float64."""
    x, weights, biases = (arrays[name].astype(np.float64) for name in ("x", "weights", "biases"))
    scores = x @ weights.T + biases
    likelihood = np.exp(scores - scores.max(1, keepdims=True))
    likelihood /= likelihood.sum(1, keepdims=True)
    dy = COEFFICIENT * (likelihood - np.eye(len(weights))[arrays["labels"]]) / VALID
    dy[VALID:] = 0
    dx = dy @ weights * (x > 0 if gated else 1)
    return {"dy": dy, "dx": dx, "scores": scores, "likelihood": likelihood[range(ROWS), arrays["labels"]]}


@pytest.mark.gpu
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(1152, 10), (40, 16), (264, 2)])
@pytest.mark.parametrize("kind", TOLERANCES)
def test_gradients_and_metrics_are_those_of_the_formulas(
    kind: str, inputs: int, outputs: int, gated: bool
) -> None:
    """Rows that are not valid have no gradient, and count for nothing."""
    import ml_dtypes

    dtype = ml_dtypes.bfloat16 if kind == "bfloat16" else np.dtype(kind)
    sums = np.float64 if kind == "float64" else np.float32
    arrays = batch(inputs, outputs, dtype)
    results: Arrays = {
        "dy": np.full((ROWS, outputs), np.nan).astype(dtype),
        "dx": np.full((ROWS, inputs), np.nan).astype(dtype),
        "terms": np.full((3, ROWS), np.nan, sums),
    }
    metrics, steering = np.zeros(control.METRICS + 1), counters(VALID)
    how: dict[str, Any] = {"coefficient": COEFFICIENT, "gated": gated, "top": TOP}
    joined = find("fc_softmax_cross_entropy.forward_backward", "cuda").function
    on_gpu.call(joined, {**arrays, **results, "counters": steering}, how)
    keep = find("softmax_cross_entropy.keep", "cuda").function
    on_gpu.call(keep, {"terms": results["terms"], "metrics": metrics, "counters": steering}, {"top": TOP})
    right = expected(arrays, gated=gated)
    for name in ("dy", "dx"):
        error = np.abs(results[name].astype(np.float64) - right[name]).max()
        assert error <= TOLERANCES[kind] * np.abs(right[name]).max(), name
    assert metrics[control.LOSS] == pytest.approx(-np.log(right["likelihood"][:VALID]).sum(), rel=1e-5)
    own = right["scores"][range(ROWS), arrays["labels"]]
    before = (right["scores"] > own[:, np.newaxis]).sum(1)[:VALID]
    assert metrics[control.ERRORS] == (before > 0).sum()
    assert metrics[control.METRICS] == (before >= TOP).sum()
    assert metrics[control.EXAMPLES] == VALID
