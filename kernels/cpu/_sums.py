"""What all cost kernels do with their metrics."""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles
from kernels.control import ERRORS, EXAMPLES, FIRST_BAD_STEP, LOSS, NO_BAD_STEP, STEP


def add_sums(metrics: Doubles, counters: Counters, *, loss: float, errors: float, examples: int) -> None:
    """Add a batch's loss and errors to the metrics.

    A loss that is not finite sets ``counters[FIRST_BAD_STEP]`` to the step, unless an earlier one is there.
    """
    metrics[LOSS] += loss
    metrics[ERRORS] += errors
    metrics[EXAMPLES] += examples
    if not np.isfinite(loss) and counters[FIRST_BAD_STEP] == NO_BAD_STEP:
        counters[FIRST_BAD_STEP] = counters[STEP]
