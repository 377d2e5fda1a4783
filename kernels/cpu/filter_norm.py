"""Keeps the norm of each unit's weights within limits, after an update.

    w ← w · min(max(‖w‖, least), most) / ‖w‖,    ‖w‖ = √Σ w²

or, ``centred``, ‖w‖ = √Σ (w − mean)² / n over the unit's n weights. A ``most`` of 0 is no limit; weights
whose norm is 0 stay so. Nothing is written in a step that does not update, nor once a loss has been not
finite.

Source: cuda-convnet2, wball (least = most for conv and fc, most alone for local), wcNormMin and wcNormMax.

weights     (units, …), or ``by_place`` (places, …, units)
counters    int64[COUNTERS]    see kernels.control
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Floats
from kernels.control import FIRST_BAD_STEP, NO_BAD_STEP, UPDATE


def update(
    *, weights: Floats, counters: Counters, least: float, most: float, centred: bool, by_place: bool
) -> None:
    """Scale the weights in place."""
    if not counters[UPDATE] or counters[FIRST_BAD_STEP] != NO_BAD_STEP:
        return
    for unit in weights.reshape(len(weights), -1, weights.shape[-1] if by_place else 1):
        values = unit.astype(np.float64)
        if centred:
            values -= values.mean(0)
        norms = np.sqrt((values * values).sum(0)) / (len(values) if centred else 1)
        limited = np.clip(norms, least, most or np.inf)
        np.multiply(unit, np.divide(limited, norms, out=np.ones_like(norms), where=norms > 0), out=unit)
