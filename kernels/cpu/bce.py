"""Binary cross entropy: each unit says yes or no.

    loss = coefficient · mean_n −Σ_k (w · t[n, k] · log p[n, k] + (1 − t[n, k]) · log(1 − p[n, k]))
    dp[n, k] = −coefficient · (w · t[n, k] / p[n, k] − (1 − t[n, k]) / (1 − p[n, k])) / valid

over the valid rows, w = positive_weight. A unit is wrong where p and t are on two sides of 0.5; the errors
are the share of wrong units of each example. ``by_class``, the metrics go on with sums for each class: units
that say yes rightly, units that say yes, units that should. Where rounding has made p or 1 − p zero, the
smallest normal number stands in its place.

Source: cuda-convnet2, cost layers cost.bce and cost.dce.

probabilities    (N, K)             dprobabilities alike
targets          (N, K)             from 0 to 1
counters         int64[COUNTERS]    see kernels.control; only rows before counters[VALID] of the batch count
metrics          float64[METRICS]   sums over examples, METRICS + 3·K by class
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats
from kernels.control import METRICS, VALID
from kernels.cpu._pieces import valid_rows, write
from kernels.cpu._sums import add_sums


def forward(
    *,
    probabilities: Floats,
    targets: Floats,
    counters: Counters,
    metrics: Doubles,
    positive_weight: float,
    by_class: bool,
) -> None:
    """Add loss, errors and examples of this batch to the metrics."""
    valid = valid_rows(counters, len(probabilities))
    p, t = probabilities[:valid], targets[:valid]
    losses = positive_weight * t * np.log(_positive(p)) + (1 - t) * np.log(_positive(1 - p))
    says, should = p >= 0.5, t >= 0.5
    wrong = np.count_nonzero(says != should) / p.shape[1]
    loss = -float(np.sum(losses, dtype=np.float64))
    add_sums(metrics, counters, loss=loss, errors=wrong, examples=valid)
    if by_class:
        counts = [np.count_nonzero(hits, axis=0) for hits in (says & should, says, should)]
        metrics[METRICS:] += np.concatenate(counts)


def backward(
    *,
    probabilities: Floats,
    targets: Floats,
    counters: Counters,
    dprobabilities: Floats,
    coefficient: float,
    positive_weight: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    valid = valid_rows(counters, len(probabilities))
    if not accumulate:
        dprobabilities[valid:] = 0
    if valid:
        p, t = probabilities[:valid], targets[:valid]
        slopes = (1 - t) / _positive(1 - p) - positive_weight * t / _positive(p)
        write(dprobabilities[:valid], slopes * (coefficient / int(counters[VALID])), accumulate)


def _positive(probabilities: Floats) -> Floats:
    return np.maximum(probabilities, np.finfo(probabilities.dtype).tiny)
