"""Stochastic gradient descent; the formula and the shapes are in kernels/cpu/sgd.py."""

from __future__ import annotations

from kernels.cuda import _many
from kernels.cuda._arrays import DeviceArray

_FAMILIES = {"weights": "weights", "gradients": "gradient", "velocities": "velocity", "copies": "copy"}


def update(
    *,
    weights: DeviceArray,
    gradient: DeviceArray,
    velocity: DeviceArray,
    counters: DeviceArray,
    settings: DeviceArray,
    slot: int,
    copy: DeviceArray | None = None,
) -> None:
    """Update weights and velocity in place by row ``slot`` of the settings, and write the ``copy``."""
    arrays = {"weights0": weights, "gradient0": gradient, "velocity0": velocity}
    if copy is not None:
        arrays["copy0"] = copy
    update_all(counters=counters, settings=settings, slots=(slot,), **arrays)


def update_all(
    *, counters: DeviceArray, settings: DeviceArray, slots: tuple[int, ...], **arrays: DeviceArray
) -> None:
    """Do what ``update`` does with weights0, gradient0, … by row ``slots[0]``, and so on, in one launch."""
    _many.launch("sgd", _many.families_of(arrays, _FAMILIES), slots, (counters, settings))
