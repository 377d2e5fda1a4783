"""Whether a plan fits the memory of a GPU, and which batch would."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import DeviceError
from engine.plan.types import TrainingPlan
from engine.words import Words

RESERVE = 64 << 20
"""Bytes that are left to CUDA: for the code of kernels, graphs, and what it keeps beside."""


def check_room(
    device: str, batch_size: int, rank: int, free: int, compile_for: Callable[[int], TrainingPlan]
) -> None:
    """Raise DeviceError, naming the largest batch that fits, where that of ``batch_size`` does not.

    ``compile_for`` returns the plan for a batch size, of which ``rank`` has ``free`` bytes for its part.
    """

    def needed(batch: int) -> int:
        return compile_for(batch).arena_bytes[rank] + RESERVE

    wanted = needed(batch_size)
    if wanted <= free:
        return
    largest = _largest(lambda batch: needed(batch) <= free, batch_size)
    gib = 2**30
    raise DeviceError(
        device=device,
        missing=Words(
            "batches of {count} take {memory} GiB, and {free} GiB are free",
            count=f"{batch_size:,}",
            memory=f"{wanted / gib:,.1f}",
            free=f"{free / gib:,.1f}",
        ),
        hint=Words("The largest batch that fits is {count}.", count=f"{largest:,}")
        if largest
        else "Not even a batch of 1 fits.",
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
