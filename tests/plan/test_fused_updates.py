"""Updates that are fused with the gradient that they read: where, where not and why, and the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import DeviceError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.presets import choose_split
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import Fc, Local
from engine.plan.compile import fuse_updates
from engine.plan.compile.fuse import FUSIONS, UPDATE
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.devices import best_code
from tests.plan.executing import CLASSES, head, start
from tests.plan.test_built import plan_of, trained
from tests.plan.test_shared_weights import sharing


@pytest.fixture(autouse=True)
def however_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have weights fused however few there are."""
    monkeypatch.setattr(fuse_updates, "LEAST_ON_CPU", 0)


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


def test_all_in_one_device_that_have_a_kernel_are_fused() -> None:
    """Biases learn as they did; no gradient of the other weights is left in the plan."""
    plan = compile_network(network(), 4, code="plain")
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
    assert "two.fc.backward_weights, two.fc.backward_data, two.weights.sgd.update: fused" in plan.notes


def test_on_a_cpu_those_of_many_weights_alone_are_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer stay in the cache, and the plan says so; a GPU has each pass over a buffer to save."""
    monkeypatch.undo()
    plan = compile_network(network(), 4, code="plain")
    assert set(kinds(plan).values()) == {"sgd.update"}
    assert "two.weights.sgd.update: not fused, since its weights stay in the cache" in plan.notes
    on_gpu = compile_network(network(), 4, device="cuda")
    assert kinds(on_gpu)["two.weights"] == "fc_sgd.update"
    kinds_of_cifar10 = kinds(plan_of("cifar10", "plain"))
    assert kinds_of_cifar10["local3.weights"] == "local_sgd.update"
    assert kinds_of_cifar10["fc10.weights"] == "sgd.update"


@pytest.mark.parametrize("name", ["digits", "cifar10", "lenet5"])
def test_fused_or_not_the_same_bits_are_learned(name: str) -> None:
    expected = trained(plan_of(name, "plain", FUSIONS - {UPDATE}))
    plan = plan_of(name, "plain")
    assert "fc_sgd.update" in kinds(plan).values()
    for weights, found in trained(plan).items():
        np.testing.assert_array_equal(found, expected[weights])


def test_weights_with_limits_are_brought_back_after_the_fused_update() -> None:
    plan = compile_network(network(most_norm=0.03), 4, code="plain")
    order = [op.kind for op in plan.programs[TRAIN].operations if "two.weights" in op.outputs.values()]
    assert order == ["fc_sgd.update", "filter_norm.update"]


def test_a_gradient_of_several_uses_is_not_hidden() -> None:
    """Shared weights learn from the sum, and the plan says so."""
    plan = compile_network(sharing(Fc(outputs=4, weights_of="one")), 4, code="plain")
    assert kinds(plan)["one.weights"] == "sgd.update"
    assert any(note.startswith("one.weights.sgd.update: not fused") for note in plan.notes)


def test_a_gradient_that_ranks_sum_up_is_not_hidden() -> None:
    """Where each rank has weights of its own, they learn at once; where all have the same, after the sum."""
    graph = network()
    for split, kind in (("data", "sgd.update"), ("model", "fc_sgd.update")):
        plan = compile_network(graph, 4, code="plain", split=choose_split(graph, (), split, 2))
        assert kinds(plan)["two.weights"] == kind
        summed = [note for note in plan.notes if note.startswith("two.weights.sgd.update: not fused")]
        assert len(summed) == (kind == "sgd.update")


def test_it_can_be_turned_off_and_is_not_for_other_optimisers_or_plain_kernels() -> None:
    for plan in (
        compile_network(network(), 4, code="plain", fusions=FUSIONS - {UPDATE}),
        compile_network(network(), 4, code=""),
        compile_network(network(), 4, code="plain", training=TrainingSettings(optimiser="adamw")),
    ):
        assert not {"fc_sgd.update", "local_sgd.update"} & set(kinds(plan).values())


def test_the_environment_turns_single_ones_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes several names, also that of Winograd, and refuses what is none."""
    monkeypatch.setenv("CONVNET_WITHOUT", "update,winograd")
    assert "fc_sgd.update" not in kinds(compile_network(network(), 4, code="plain")).values()
    assert best_code("cpu").endswith(" direct")
    monkeypatch.setenv("CONVNET_WITHOUT", "updates")
    with pytest.raises(DeviceError, match="pool, softmax, update, winograd"):
        compile_network(network(), 4)
