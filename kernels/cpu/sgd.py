"""Stochastic gradient descent with momentum and weight decay.

    v ← momentum · v − decay · rate · w − rate · gradient
    w ← w + v

The gradient is that of the mean loss. Nothing is written in a step that does not update, nor once a loss has
been not finite.

Source: cuda-convnet, Weights::update (there with the gradient of the summed loss, divided by the batch size).

weights, gradient, velocity    one shape, any
counters                       int64[COUNTERS]        see kernels.control
settings                       float64 (…, SETTINGS)  a row for each array of weights
"""

from __future__ import annotations

from kernels.arrays import Counters, Doubles, Floats
from kernels.control import DECAY, FIRST_BAD_STEP, MOMENTUM, NO_BAD_STEP, RATE, UPDATE
from kernels.cpu._pieces import pieces


def update(
    *,
    weights: Floats,
    gradient: Floats,
    velocity: Floats,
    counters: Counters,
    settings: Doubles,
    slot: int,
) -> None:
    """Update weights and velocity in place by row ``slot`` of the settings."""
    if not counters[UPDATE] or counters[FIRST_BAD_STEP] != NO_BAD_STEP:
        return
    row = settings[slot]
    # Python's own numbers leave float32 arrays float32; NumPy's doubles would not.
    rate, momentum, decay = float(row[RATE]), float(row[MOMENTUM]), float(row[DECAY])
    w, g, v = weights.reshape(-1), gradient.reshape(-1), velocity.reshape(-1)
    for piece in pieces(w.size):
        v[piece] *= momentum
        v[piece] -= decay * rate * w[piece] + rate * g[piece]
        w[piece] += v[piece]
