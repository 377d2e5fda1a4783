"""Sum of squares as a cost.

    loss = coefficient · mean_n Σ x[n]²  over the valid rows
    dx = 2 · coefficient · x / valid

Source: cuda-convnet, cost layer cost.sum2.

x, dx       (N, …)
counters    int64[COUNTERS]    see kernels.control; only rows before counters[VALID] of the batch count
metrics     float64[METRICS]   sums over examples; there are no errors
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats
from kernels.control import VALID
from kernels.cpu._pieces import valid_rows, write
from kernels.cpu._sums import add_sums


def forward(*, x: Floats, counters: Counters, metrics: Doubles) -> None:
    """Add loss and examples of this batch to the metrics."""
    valid = valid_rows(counters, len(x))
    values = x[:valid].reshape(-1)
    add_sums(metrics, counters, loss=float(np.dot(values, values)), errors=0.0, examples=valid)


def backward(
    *, x: Floats, counters: Counters, dx: Floats, coefficient: float, accumulate: bool = False
) -> None:
    """Write the gradient of the loss, or add it to dx. Rows that are not valid have none."""
    valid = valid_rows(counters, len(x))
    if not accumulate:
        dx[valid:] = 0
    if valid:
        write(dx[:valid], x[:valid] * (2 * coefficient / int(counters[VALID])), accumulate)
