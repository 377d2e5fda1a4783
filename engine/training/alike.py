"""Compiles the same plan on all ranks: sums over ranks are to be of like numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.parallel.team import Team
from engine.plan.compile.pipeline import choices_of
from engine.plan.types import TrainingPlan


def compile_alike(
    compile_for: Callable[..., TrainingPlan], batch_size: int, choices: Mapping[str, str] | None, team: Team
) -> TrainingPlan:
    """Return the plan for batches of a size. Kernels are those of ``choices``; with None, rank 0 chooses them
    for all by their speed.
    """
    plan = compile_for(batch_size, choices=choices) if team.leads else None
    chosen = team.share({} if plan is None else choices_of(plan), dict[str, str])
    return plan or compile_for(batch_size, choices=chosen)
