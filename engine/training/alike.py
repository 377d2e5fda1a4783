"""Compiles the same plan on all ranks, whose devices may differ: sums over ranks are of like numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from engine.parallel.team import Team
from engine.plan.compile.pipeline import choices_of
from engine.plan.types import Precision, TrainingPlan
from engine.runtime.devices import best_precision


def precision_for_all(own: str, asked: str, team: Team) -> Precision:
    """Return what all ranks multiply with, where a network asks for ``asked``: what each one's device can.

    ``own`` is this rank's device. Raises DeviceError where that has not what is asked for.
    """
    found = team.gather(best_precision(own, asked), Precision)
    return team.share(min(found, key=get_args(Precision).index, default="float32"), Precision)


def compile_alike(
    compile_for: Callable[..., TrainingPlan], batch_size: int, choices: Mapping[str, str] | None, team: Team
) -> TrainingPlan:
    """Return the plan for batches of a size. Kernels are those of ``choices``; with None, rank 0 chooses them
    for all by their speed.
    """
    plan = compile_for(batch_size, choices=choices) if team.leads else None
    chosen = team.share({} if plan is None else choices_of(plan), dict[str, str])
    return plan or compile_for(batch_size, choices=chosen)
