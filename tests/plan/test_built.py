"""Plans with built kernels: what they record, and that they train as NumPy's do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.graph.network_file import load
from engine.plan.compile.fuse import FUSIONS, POOLED
from engine.plan.compile.pipeline import TRAIN, choices_of, compile_network
from engine.plan.table import format_plan
from engine.plan.types import TrainingPlan
from engine.runtime.executor import Executor
from kernels import control

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"
BATCH = 6


def plan_of(name: str, code: str, fusions: frozenset[str] = FUSIONS) -> TrainingPlan:
    """Compile an example."""
    return compile_network(load(EXAMPLES / f"{name}.convnet").graph, BATCH, code=code, fusions=fusions)


def trained(plan: TrainingPlan, steps: int = 2) -> dict[str, np.ndarray]:
    """Return the weights after some steps on random pictures, the last row of which is padding."""
    executor, random = Executor(plan), np.random.default_rng(1)
    arrays = executor.arrays
    for buffer in plan.buffers.values():
        if buffer.role in ("input", "weight"):
            array = arrays[buffer.name]
            array[...] = random.uniform(-1, 1, array.shape) * array[0].size ** -0.5
    arrays["settings"][:] = [0.1, 0.9, 0.001]
    counters = arrays["counters"]
    counters[[control.VALID, control.UPDATE]] = BATCH - 1, 1
    counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP
    for step in range(steps):
        counters[control.STEP] = step
        executor.run(TRAIN)
    return {buffer.name: arrays[buffer.name].copy() for buffer in plan.by_role("weight")}


def test_built_kernels_train_as_numpy_does() -> None:
    """Weights after two steps agree, in every array."""
    expected = trained(plan_of("cifar10", ""))
    for name, weights in trained(plan_of("cifar10", "plain")).items():
        np.testing.assert_allclose(weights, expected[name], rtol=0, atol=2e-5)


def test_the_first_layer_trains_alike_fused_or_not() -> None:
    """Its sums are the same; its gradients are those of the same pixels, added in another order."""
    expected = trained(plan_of("cifar10", "plain direct", FUSIONS - {POOLED}))
    for name, weights in trained(plan_of("cifar10", "plain direct")).items():
        np.testing.assert_allclose(weights, expected[name], rtol=0, atol=1e-6)


def test_the_plan_says_what_runs() -> None:
    """Target and method of each operation are printed, and so is what was fused."""
    plan = plan_of("cifar10", "plain")
    text = format_plan(plan)
    codes = {operation.name: operation.code for operation in plan.programs[TRAIN].operations}
    assert codes["conv1.pooled_conv.forward"] == "plain winograd"
    assert codes["conv2.conv.forward"] == "plain winograd"
    assert codes["local3.local.forward"] == "plain"
    assert "plain winograd" in text
    assert "conv1.pooled_conv.backward_weights" in codes
    assert "conv2.pooled_conv.backward_weights" not in codes
    assert not any(operation.touches("conv1.output") for operation in plan.programs[TRAIN].operations)
    assert any("conv1.neuron.backward" in note and "fused" in note for note in plan.notes)


def test_a_choice_of_nothing_leaves_all_plain() -> None:
    """It is not the same as no choice, by which kernels are built."""
    graph = load(EXAMPLES / "digits.convnet").graph
    assert choices_of(compile_network(graph, BATCH, code="plain"))
    assert choices_of(compile_network(graph, BATCH, code="plain", choices={})) == {}


def test_narrow_rows_of_taps_are_not_pooled() -> None:
    """With one channel a sum over windows saves too little."""
    kinds = {operation.kind for operation in plan_of("digits", "plain").programs[TRAIN].operations}
    assert {"conv.backward_weights", "max_pool.backward"} <= kinds
    assert not any(kind.startswith("pooled_conv") for kind in kinds)


@pytest.mark.parametrize("code", ["", "plain"])
def test_fusions_can_be_turned_off(code: str) -> None:
    """Each operation stays as it is then; without built kernels nothing but the softmax is fused."""
    plan = plan_of("cifar10", code, FUSIONS if not code else frozenset())
    kinds = [operation.kind for operation in plan.programs[TRAIN].operations]
    assert kinds.count("neuron.forward") == 4
    assert "pooled_conv.backward_weights" not in kinds
