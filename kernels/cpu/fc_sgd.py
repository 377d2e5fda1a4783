"""Fully connected: the gradient of the weights, and at once their update by stochastic gradient descent.

The formulas are those of kernels/cpu/fc.py and kernels/cpu/sgd.py. Only plans for GPUs have this operation;
their kernel is held against this one.

x                   (N, H, W, C) or (N, I)    inputs
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
) -> None:
    """Update weights and velocity in place by row ``slot`` of the settings."""
    fc.backward_weights(x=x, dy=dy, dweights=gradient)
    sgd.update(
        weights=weights, gradient=gradient, velocity=velocity, counters=counters, settings=settings, slot=slot
    )
