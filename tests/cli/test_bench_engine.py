"""What the engine's side of a bench computes with."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cli.bench_engine import check_updates, fill
from engine.graph.examples import load_example
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.executor import Executor


@pytest.fixture(scope="module")
def plan() -> TrainingPlan:
    """A plan with layers of many kinds."""
    return compile_network(load_example("resnet20").graph, 2)


def test_steps_update_the_weights(plan: TrainingPlan) -> None:
    """Each of them does, and what they left is gone when arrays are filled anew."""
    executor = Executor(plan)
    fill(executor, plan)
    weights = [buffer.name for buffer in plan.by_role("weight")]
    before = {name: executor.arrays[name].copy() for name in weights}
    for _ in range(2):
        executor.run(TRAIN)
    check_updates(executor)
    assert any(not np.array_equal(executor.arrays[name], before[name]) for name in weights)
    fill(executor, plan)
    for name in weights:
        np.testing.assert_array_equal(executor.arrays[name], before[name])
    assert not any(executor.arrays[buffer.name].any() for buffer in plan.by_role("velocity"))


def test_steps_without_updates_are_no_measure(plan: TrainingPlan) -> None:
    """A loss that is not finite has every later step skip them, which is quicker."""
    executor = Executor(plan)
    fill(executor, plan)
    name = plan.by_role("input")[0].name
    executor.arrays[name] = np.full_like(executor.arrays[name], np.nan)
    executor.run(TRAIN)
    with pytest.raises(ValueError, match="updates were skipped"):
        check_updates(executor)
