"""Updates that GPUs fuse with the gradient that they read: where, where not and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.errors import DeviceError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.presets import choose_split
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import Fc, Local
from engine.plan.compile.fuse import UPDATE
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.devices import best_code
from tests.plan.executing import CLASSES, head, start
from tests.plan.test_shared_weights import sharing


def on_gpu(graph: LayerGraph, **choices: Any) -> TrainingPlan:
    """Compile a network for a GPU that fuses updates and nothing else."""
    return compile_network(graph, 4, device="cuda", fusions={UPDATE}, **choices)


def network(**fields: object) -> LayerGraph:
    """A local layer and two fully connected ones, the second with ``fields`` of its own."""
    graph = start()
    graph.add("local", Local(filters=3, size=(2, 2), padding=(0, 0), neuron="relu"))
    graph.add("one", Fc(outputs=CLASSES, neuron="relu"))
    graph.add("two", replace(Fc(outputs=CLASSES), **fields))  # type: ignore[arg-type]
    for source, target in (("data", "local"), ("local", "one"), ("one", "two")):
        graph.connect(Wire(source, target))
    head(graph, "two")
    return graph


def kinds(plan: TrainingPlan) -> dict[str, str]:
    """Return the kind of each operation that updates weights, by these."""
    return {
        operation.outputs["weights"]: operation.kind
        for operation in plan.programs[TRAIN].operations
        if operation.kind.endswith("sgd.update")
    }


def test_all_that_have_a_kernel_are_fused() -> None:
    """Biases learn as they did; no gradient of the other weights is left in the plan."""
    plan = on_gpu(network())
    found = kinds(plan)
    assert {name: kind for name, kind in found.items() if name.endswith("weights")} == {
        "local.weights": "local_sgd.update",
        "one.weights": "fc_sgd.update",
        "two.weights": "fc_sgd.update",
        "two-fc.weights": "fc_sgd.update",
    }
    assert {kind for name, kind in found.items() if name.endswith("biases")} == {"sgd.update"}
    left = {buffer.name for buffer in plan.by_role("weight gradient")}
    assert left == {f"{layer}.biases.gradient" for layer in ("local", "one", "two", "two-fc")}
    assert "two.fc.backward_weights, two.weights.sgd.update: fused" in plan.notes


@pytest.mark.parametrize("code", ["plain", ""])
def test_none_is_on_a_cpu(code: str) -> None:
    """There it saves too little: see docs/decisions/0005."""
    assert set(kinds(compile_network(network(), 4, code=code)).values()) == {"sgd.update"}


def test_weights_with_limits_are_brought_back_after_the_fused_update() -> None:
    plan = on_gpu(network(most_norm=0.03))
    order = [op.kind for op in plan.programs[TRAIN].operations if "two.weights" in op.outputs.values()]
    assert order == ["fc_sgd.update", "filter_norm.update"]


def test_a_gradient_of_several_uses_is_not_hidden() -> None:
    """Shared weights learn from the sum, and the plan says so."""
    plan = on_gpu(sharing(Fc(outputs=4, weights_of="one")))
    assert kinds(plan)["one.weights"] == "sgd.update"
    assert any(note.startswith("one.weights.sgd.update: not fused") for note in plan.notes)


@pytest.mark.parametrize("split", ["data", "model"])
def test_ranks_learn_from_gradients_that_are_there(split: str) -> None:
    """They sum them up, or update early what needs no sum."""
    graph = network()
    plan = on_gpu(graph, split=choose_split(graph, (), split, 2))
    assert set(kinds(plan).values()) == {"sgd.update"}


def test_it_is_not_for_other_optimisers() -> None:
    plan = on_gpu(network(), training=TrainingSettings(optimiser="adamw"))
    assert not {"fc_sgd.update", "local_sgd.update"} & set(kinds(plan).values())


def test_the_environment_turns_single_ones_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes several names, also that of Winograd, and refuses what is none."""
    assert "fc_sgd.update" in kinds(compile_network(network(), 4, device="cuda")).values()
    monkeypatch.setenv("CONVNET_WITHOUT", "update,winograd")
    assert "fc_sgd.update" not in kinds(compile_network(network(), 4, device="cuda")).values()
    assert best_code("cpu").endswith(" direct")
    monkeypatch.setenv("CONVNET_WITHOUT", "updates")
    with pytest.raises(DeviceError, match="pool, softmax, update, winograd"):
        compile_network(network(), 4)
