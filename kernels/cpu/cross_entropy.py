"""Cross entropy: how surprising the labels are, given the probabilities.

    loss = coefficient · mean_n −log p[n, label[n]]  over the valid rows
    dp[n, k] = −coefficient / (valid · p[n, k]) if k = label[n], else 0

A probability that rounding has made zero counts as the smallest normal number of its type, so that one
hopeless example does not end a training; what is not a number stays so.

Source: cuda-convnet, cost layer cost.logreg.

probabilities   (N, K)             dprobabilities alike
labels          (N,) int32         from 0 to K − 1
counters        int64[COUNTERS]    see kernels.control; only rows before counters[VALID] of the batch count
metrics         float64[METRICS]   sums over examples; one more for the top errors if top > 1
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats, Labels
from kernels.control import METRICS, VALID
from kernels.cpu._pieces import valid_rows
from kernels.cpu._sums import add_sums


def forward(
    *, probabilities: Floats, labels: Labels, counters: Counters, metrics: Doubles, top: int = 1
) -> None:
    """Add loss, errors and examples of this batch to the metrics.

    With a ``top`` above 1, the examples are counted too in which so many classes are more probable than the
    label.
    """
    valid = valid_rows(counters, len(labels))
    rows, true = probabilities[:valid], labels[:valid]
    loss = -np.log(_of_labels(rows, true), dtype=np.float64).sum()
    errors = np.count_nonzero(rows.argmax(axis=-1) != true)
    add_sums(metrics, counters, loss=float(loss), errors=float(errors), examples=valid)
    if top > 1:
        better = np.count_nonzero(rows > rows[np.arange(valid), true][:, np.newaxis], axis=-1)
        metrics[METRICS] += np.count_nonzero(better >= top)


def backward(
    *,
    probabilities: Floats,
    labels: Labels,
    counters: Counters,
    dprobabilities: Floats,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    valid = valid_rows(counters, len(labels))
    if not accumulate:
        dprobabilities.fill(0)
    if valid:
        likelihood = _of_labels(probabilities[:valid], labels[:valid])
        share = coefficient / int(counters[VALID])
        dprobabilities[np.arange(valid), labels[:valid]] -= share / likelihood


def _of_labels(probabilities: Floats, labels: Labels) -> Floats:
    """Return the probability of each row's label, (rows,)."""
    likelihood: Floats = probabilities[np.arange(len(labels)), labels]
    return np.maximum(likelihood, np.finfo(likelihood.dtype).tiny)
