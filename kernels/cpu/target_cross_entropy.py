"""Cross entropy with targets that are probabilities themselves.

    loss = coefficient · mean_n −Σ_k t[n, k] · log p[n, k]  over the valid rows
    dp[n, k] = −coefficient · t[n, k] / (valid · p[n, k])

An answer is wrong where the largest p is not at the largest t. A probability that rounding has made zero
counts as the smallest normal number of its type.

Source: cuda-convnet2, cost layer cost.crossent.

probabilities    (N, K)             dprobabilities alike
targets          (N, K)
counters         int64[COUNTERS]    see kernels.control; only rows before counters[VALID] of the batch count
metrics          float64[METRICS]   sums over examples
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats
from kernels.control import VALID
from kernels.cpu._pieces import valid_rows, write
from kernels.cpu._sums import add_sums


def forward(*, probabilities: Floats, targets: Floats, counters: Counters, metrics: Doubles) -> None:
    """Add loss, errors and examples of this batch to the metrics."""
    valid = valid_rows(counters, len(probabilities))
    p, t = probabilities[:valid], targets[:valid]
    loss = -np.sum(t * np.log(_positive(p)), dtype=np.float64)
    errors = np.count_nonzero(p.argmax(axis=-1) != t.argmax(axis=-1))
    add_sums(metrics, counters, loss=float(loss), errors=float(errors), examples=valid)


def backward(
    *,
    probabilities: Floats,
    targets: Floats,
    counters: Counters,
    dprobabilities: Floats,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    valid = valid_rows(counters, len(probabilities))
    if not accumulate:
        dprobabilities[valid:] = 0
    if valid:
        slopes = targets[:valid] / _positive(probabilities[:valid])
        write(dprobabilities[:valid], slopes * (-coefficient / int(counters[VALID])), accumulate)


def _positive(probabilities: Floats) -> Floats:
    return np.maximum(probabilities, np.finfo(probabilities.dtype).tiny)
