"""The layout of StepControl: what may change from step to step without compiling again.

``counters`` is int64[COUNTERS], ``settings`` float64 (weights, SETTINGS) with one row for each array of
weights, ``metrics`` float64[METRICS]. The constants are indices into them.
"""

from __future__ import annotations

from typing import Final

COUNTERS: Final = 8
STEP: Final = 0
"""Number of this step since the training began."""
EPOCH: Final = 1
CURSOR: Final = 2
"""Examples of this epoch that came before this batch."""
VALID: Final = 3
"""Rows of the global batch that hold an example; the rows after them are padding."""
UPDATE: Final = 4
"""1 where this step updates the weights, 0 where it does not."""
FIRST_BAD_STEP: Final = 5
"""The first step whose loss was not finite, or ``NO_BAD_STEP``. It stays: later updates are skipped."""
SEED: Final = 6
OFFSET: Final = 7
"""Position in the global batch of the first row that a kernel sees; means divide by all of VALID."""

NO_BAD_STEP: Final = -1

SETTINGS: Final = 3
RATE: Final = 0
MOMENTUM: Final = 1
DECAY: Final = 2

METRICS: Final = 3
"""The sums that every cost keeps; some go on with sums of their own."""
LOSS: Final = 0
"""Sum of −log p[label] over the examples, in nats."""
ERRORS: Final = 1
"""Number of examples whose most probable class is not their label."""
EXAMPLES: Final = 2
