"""Local: the gradient of the filters, and at once their update by stochastic gradient descent.

The formulas are those of kernels/cpu/local.py and kernels/cpu/sgd.py, in this order. Only plans for GPUs have
this operation; their kernel is held against this one.

x                        (N, H, W, C)                  pictures
dy                       (N, P, Q, F)                  gradient of maps
weights, velocity        (P·Q, h·w·C / groups, F)      both updated in place
gradient                 (P·Q, h·w·C / groups, F)      scratch: the gradient of the filters
padded, columns, sums    see kernels/cpu/local.py      scratch
counters                 int64[COUNTERS]               see kernels.control
settings                 float64 (…, SETTINGS)         a row for each array of weights
"""

from __future__ import annotations

from kernels.arrays import Counters, Doubles, Floats, Pair, Shape
from kernels.cpu import local, sgd


def update_workspace(
    shapes: dict[str, Shape], *, size: Pair, stride: Pair, groups: int = 1, **_: object
) -> dict[str, Shape]:
    """Return the shapes of the gradient, and of what it takes to compute it."""
    wanted = local.backward_weights_workspace(shapes, size=size, stride=stride, groups=groups)
    return {"gradient": shapes["weights"], **wanted}


def update(
    *,
    x: Floats,
    dy: Floats,
    weights: Floats,
    velocity: Floats,
    counters: Counters,
    settings: Doubles,
    gradient: Floats,
    padded: Floats,
    columns: Floats,
    sums: Floats,
    size: Pair,
    stride: Pair,
    padding: Pair,
    slot: int,
    groups: int = 1,
) -> None:
    """Update weights and velocity in place by row ``slot`` of the settings."""
    local.backward_weights(
        x=x,
        dy=dy,
        dweights=gradient,
        size=size,
        stride=stride,
        padding=padding,
        padded=padded,
        columns=columns,
        sums=sums,
        groups=groups,
    )
    sgd.update(
        weights=weights, gradient=gradient, velocity=velocity, counters=counters, settings=settings, slot=slot
    )
