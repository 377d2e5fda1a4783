"""Fully connected: both gradients, and at once the update of the weights by stochastic gradient descent.

The formulas are those of kernels/cpu/fc.py and kernels/cpu/sgd.py, in this order: dx from the weights as they
were, the gradient of the weights, their update. Only plans for GPUs have this operation; their kernel is held
against this one.

x, dx               (N, H, W, C) or (N, I)    inputs, gradient of inputs; dx is left out where nobody needs it
dy                  (N, O)                    gradient of outputs
weights, velocity   (O, I)                    both updated in place
gradient            (O, I)                    scratch: the gradient of the weights
counters            int64[COUNTERS]           see kernels.control
settings            float64 (…, SETTINGS)     a row for each array of weights
"""

from __future__ import annotations

from kernels.arrays import Counters, Doubles, Floats, Shape
from kernels.cpu import fc, sgd


def update_workspace(shapes: dict[str, Shape], **_: object) -> dict[str, Shape]:
    """Return the shape of the gradient."""
    return {"gradient": shapes["weights"]}


def update(
    *,
    x: Floats,
    dy: Floats,
    weights: Floats,
    velocity: Floats,
    counters: Counters,
    settings: Doubles,
    gradient: Floats,
    slot: int,
    dx: Floats | None = None,
) -> None:
    """Write dx, then update weights and velocity in place by row ``slot`` of the settings."""
    if dx is not None:
        fc.backward_data(dy=dy, weights=weights, dx=dx)
    fc.backward_weights(x=x, dy=dy, dweights=gradient)
    sgd.update(
        weights=weights, gradient=gradient, velocity=velocity, counters=counters, settings=settings, slot=slot
    )
