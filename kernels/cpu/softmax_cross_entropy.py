"""The gradient of softmax followed by cross entropy, in one: simpler, and exact where probabilities vanish.

    dx[n, k] = coefficient · (p[n, k] − [k = label[n]]) / valid

Source: cuda-convnet, computeLogregSoftmaxGrad.

probabilities   (N, K)             outputs of the softmax
labels          (N,) int32         from 0 to K − 1
counters        int64[COUNTERS]    see kernels.control; only rows before counters[VALID] of the batch count
dx              (N, K)             gradient of the softmax's inputs
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Floats, Labels
from kernels.control import VALID
from kernels.cpu._pieces import valid_rows, write


def backward(
    *,
    probabilities: Floats,
    labels: Labels,
    counters: Counters,
    dx: Floats,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dx. Rows that are not valid have none."""
    valid = valid_rows(counters, len(labels))
    if not accumulate:
        dx[valid:] = 0
    if valid:
        gradient = probabilities[:valid].copy()
        gradient[np.arange(valid), labels[:valid]] -= 1
        write(dx[:valid], gradient * (coefficient / int(counters[VALID])), accumulate)
