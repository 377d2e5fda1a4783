"""Splits of plans for GPUs, with all that GPUs do at once, give what one device gives: run by the CPU."""

from __future__ import annotations

import pytest

from engine.graph.presets import preset_split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.training.verification import deviation, make_batches, train
from tests.parallel.gpu_twins import on_cpu
from tests.parallel.networks import devices, small
from tests.parallel.random_splits import try_one

BATCH = 10
BAR = 1e-10

NETWORK = small("imagenet", 32, 32)
LAYERS = infer(NETWORK.graph)


def plan_for_gpus(preset: str, scheme: str = "a", updates: str = "step") -> TrainingPlan:
    """Compile the small ImageNet network, split over three devices."""
    split = preset_split(NETWORK.graph, preset, devices(3), scheme, updates)  # type: ignore[arg-type]
    return compile_network(NETWORK.graph, BATCH, device="cuda", dtype="float64", split=split)


def kinds(plan: TrainingPlan) -> list[str]:
    """Return the kinds of the operations of a step, in order."""
    return [operation.kind for operation in plan.programs[TRAIN].operations]


@pytest.mark.parametrize(
    ("preset", "scheme"), [("data", "a"), ("model", "a"), ("hybrid", "a"), ("hybrid", "b"), ("hybrid", "c")]
)
def test_the_imagenet_network(preset: str, scheme: str) -> None:
    """Its packed first layer, its pooled responses and its joined updates are split as well."""
    plan = plan_for_gpus(preset, scheme)
    assert {"pack.filters_gradient", "sgd.update_all"} <= set(kinds(plan))
    assert "neuron.backward" not in kinds(plan)
    batches = make_batches(LAYERS, BATCH, 3, seed=1)
    one = train(compile_network(NETWORK.graph, BATCH, dtype="float64"), NETWORK, LAYERS, batches)
    with on_cpu(plan) as runnable:
        found = deviation(one, train(runnable, NETWORK, LAYERS, batches))
    assert max(found.values()) <= BAR, found


@pytest.mark.parametrize("seed", range(20))
def test_random_networks_and_splits(seed: int) -> None:
    found, split = try_one(seed, "cuda")
    assert found <= BAR, split
