"""Whether a plan fits the memory of a GPU, and which batch would."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import DeviceError
from engine.plan.types import TrainingPlan

RESERVE = 64 << 20
"""Bytes that are left to CUDA: for the code of kernels, graphs, and what it keeps beside."""


def check_room(
    device: str, plan: TrainingPlan, rank: int, free: int, compile_for: Callable[[int], TrainingPlan]
) -> None:
    """Raise DeviceError, naming the largest batch that fits, where a plan does not fit ``free`` bytes.

    ``compile_for`` returns the plan for another batch size.
    """

    def fits(candidate: TrainingPlan) -> bool:
        return candidate.arena_bytes[rank] + RESERVE <= free

    if fits(plan):
        return
    largest = _largest(lambda batch: fits(compile_for(batch)), plan.batch_size)
    needed, free_gib = plan.arena_bytes[rank] / 2**30, free / 2**30
    raise DeviceError(
        device=device,
        missing=f"batches of {plan.batch_size:,} take {needed:,.1f} GiB, and {free_gib:,.1f} GiB are free",
        hint=f"The largest batch that fits is {largest:,}." if largest else "Not even a batch of 1 fits.",
    )


def _largest(fits: Callable[[int], bool], too_large: int) -> int:
    """Return the largest number below ``too_large`` that fits, 0 if none does."""
    fitting = 0
    while too_large - fitting > 1:
        middle = (fitting + too_large) // 2
        if fits(middle):
            fitting = middle
        else:
            too_large = middle
    return fitting
