"""Cross entropy: how surprising the labels are, given the probabilities.

    loss = coefficient · mean_n −log p[n, label[n]]  over the valid rows
    dp[n, k] = −coefficient / (valid · p[n, k]) if k = label[n], else 0

A probability that rounding has made zero counts as the smallest normal number of its type, so that one
hopeless example does not end a training; what is not a number stays so.

Source: cuda-convnet, cost layer cost.logreg.

probabilities   (N, K)             dprobabilities alike
labels          (N,) int32         from 0 to K − 1
counters        int64[COUNTERS]    see kernels.control; only the first counters[VALID] rows count
metrics         float64[METRICS]   sums over examples
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats, Labels
from kernels.control import ERRORS, EXAMPLES, FIRST_BAD_STEP, LOSS, NO_BAD_STEP, STEP, VALID


def forward(*, probabilities: Floats, labels: Labels, counters: Counters, metrics: Doubles) -> None:
    """Add loss, errors and examples of this batch to the metrics.

    A loss that is not finite sets ``counters[FIRST_BAD_STEP]`` to the step, unless an earlier one is there.
    """
    valid = int(counters[VALID])
    loss = -np.log(_of_labels(probabilities[:valid], labels[:valid]), dtype=np.float64).sum()
    metrics[LOSS] += loss
    metrics[ERRORS] += np.count_nonzero(probabilities[:valid].argmax(axis=-1) != labels[:valid])
    metrics[EXAMPLES] += valid
    if not np.isfinite(loss) and counters[FIRST_BAD_STEP] == NO_BAD_STEP:
        counters[FIRST_BAD_STEP] = counters[STEP]


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
    valid = int(counters[VALID])
    if not accumulate:
        dprobabilities.fill(0)
    if valid:
        likelihood = _of_labels(probabilities[:valid], labels[:valid])
        dprobabilities[np.arange(valid), labels[:valid]] -= coefficient / valid / likelihood


def _of_labels(probabilities: Floats, labels: Labels) -> Floats:
    """Return the probability of each row's label, (rows,)."""
    likelihood: Floats = probabilities[np.arange(len(labels)), labels]
    return np.maximum(likelihood, np.finfo(likelihood.dtype).tiny)
