"""AdamW: steps by the mean gradient over the root of its mean square, with weight decay of its own.

    m ← momentum · m + (1 − momentum) · gradient
    s ← second_momentum · s + (1 − second_momentum) · gradient²
    w ← w − rate · decay · w − rate · m̂ / (√ŝ + epsilon)

where m̂ = m / (1 − momentum^t) and ŝ = s / (1 − second_momentum^t) in step t, counted from 1. The gradient is
that of the mean loss. Nothing is written in a step that does not update, nor once a loss has been not finite.

Source: Loshchilov and Hutter 2019, 'Decoupled weight decay regularization', algorithm 2.

weights, gradient, means, squares    one shape, any
counters                             int64[COUNTERS]        see kernels.control
settings                             float64 (…, SETTINGS)  a row for each array of weights
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Doubles, Floats
from kernels.control import DECAY, FIRST_BAD_STEP, MOMENTUM, NO_BAD_STEP, RATE, STEP, UPDATE
from kernels.cpu._pieces import pieces


def update(
    *,
    weights: Floats,
    gradient: Floats,
    means: Floats,
    squares: Floats,
    counters: Counters,
    settings: Doubles,
    slot: int,
    second_momentum: float,
    epsilon: float,
) -> None:
    """Update weights and their means in place by row ``slot`` of the settings."""
    if not counters[UPDATE] or counters[FIRST_BAD_STEP] != NO_BAD_STEP:
        return
    row = settings[slot]
    # Python's own numbers leave float32 arrays float32; NumPy's doubles would not.
    rate, momentum, decay = float(row[RATE]), float(row[MOMENTUM]), float(row[DECAY])
    number = int(counters[STEP]) + 1
    step = rate / (1 - momentum**number)
    whole = 1 - second_momentum**number
    w, g, m, s = (array.reshape(-1) for array in (weights, gradient, means, squares))
    for piece in pieces(w.size):
        m[piece] += (1 - momentum) * (g[piece] - m[piece])
        s[piece] += (1 - second_momentum) * (g[piece] * g[piece] - s[piece])
        w[piece] -= rate * decay * w[piece] + step * m[piece] / (np.sqrt(s[piece] / whole) + epsilon)
