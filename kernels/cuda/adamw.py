"""AdamW; the formula and the shapes are in kernels/cpu/adamw.py."""

from __future__ import annotations

from kernels.cuda import _many
from kernels.cuda._arrays import DeviceArray

_FAMILIES = {
    "weights": "weights",
    "gradients": "gradient",
    "means": "means",
    "squares": "squares",
    "copies": "copy",
}


def update(
    *,
    weights: DeviceArray,
    gradient: DeviceArray,
    means: DeviceArray,
    squares: DeviceArray,
    counters: DeviceArray,
    settings: DeviceArray,
    slot: int,
    second_momentum: float,
    epsilon: float,
    copy: DeviceArray | None = None,
) -> None:
    """Update weights and their means in place by row ``slot`` of the settings, and write the ``copy``."""
    arrays = {"weights0": weights, "gradient0": gradient, "means0": means, "squares0": squares}
    if copy is not None:
        arrays["copy0"] = copy
    update_all(
        counters=counters,
        settings=settings,
        slots=(slot,),
        second_momentum=second_momentum,
        epsilon=epsilon,
        **arrays,
    )


def update_all(
    *,
    counters: DeviceArray,
    settings: DeviceArray,
    slots: tuple[int, ...],
    second_momentum: float,
    epsilon: float,
    **arrays: DeviceArray,
) -> None:
    """Do what ``update`` does with weights0, gradient0, … by row ``slots[0]``, and so on, in one launch."""
    numbers = (float(second_momentum), float(epsilon))
    _many.launch("adamw", _many.families_of(arrays, _FAMILIES), slots, (counters, settings, *numbers))
