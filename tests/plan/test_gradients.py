"""The backward pass of whole networks against central differences, and what gets gradients at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer
from engine.layers.catalogue import Conv, CrossEntropy, Dropout, Fc, Neuron, Pool, Softmax
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.executor import Executor
from kernels import control
from tests.plan.executing import CLASSES, branching_networks, check_gradients, fill, head, loss, spread, start


def kinds(plan: TrainingPlan) -> list[str]:
    return [operation.kind for operation in plan.programs[TRAIN].operations]


def accumulating(plan: TrainingPlan) -> set[str]:
    return {operation.kind for operation in plan.programs[TRAIN].operations if operation.accumulates}


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Conv(filters=2, size=(2, 3), padding=(0, 1), stride=(2, 1), neuron="none"), "conv.backward_data"),
        (Fc(outputs=2), "fc.backward_data"),
        (Pool(size=(2, 2), stride=(2, 1), start=(-1, 0)), "max_pool.backward"),
        (Pool(pool="avg", size=(3, 2), stride=(2, 2)), "avg_pool.backward"),
        (Neuron(neuron="relu"), "neuron.backward"),
        (Neuron(neuron="tanh"), "neuron.backward"),
        (Neuron(neuron="logistic"), "neuron.backward"),
        (Dropout(keep=0.4), "dropout.backward"),
    ],
)
def test_a_value_that_two_layers_read_gets_the_sum_of_their_gradients(layer: Layer, kind: str) -> None:
    graph = start()
    graph.add("conv", Conv(filters=2, size=(2, 2), padding=(0, 0), neuron="none"))
    graph.connect(Wire("data", "conv"))
    for name in ("one", "two"):
        graph.add(name, layer)
        graph.connect(Wire("conv", name))
        head(graph, name)
    assert kind in accumulating(compile_network(graph, 2))
    check_gradients(graph)


def test_two_softmaxes_of_one_layer_add_their_fused_gradients() -> None:
    graph = start()
    graph.add("fc", Fc(outputs=CLASSES))
    graph.connect(Wire("data", "fc"))
    for number in (1, 2):
        graph.add(f"probs{number}", Softmax())
        graph.add(f"loss{number}", CrossEntropy(coefficient=float(number)))
        graph.connect(Wire("fc", f"probs{number}"))
        graph.connect(Wire(f"probs{number}", f"loss{number}"))
        graph.connect(Wire("labels", f"loss{number}", 1))
    plan = compile_network(graph, 2)
    assert kinds(plan).count("softmax_cross_entropy.backward") == 2
    assert "softmax_cross_entropy.backward" in accumulating(plan)
    check_gradients(graph)


def test_two_costs_of_one_softmax_are_not_fused_and_add_their_gradients() -> None:
    graph = start()
    head(graph, "data")
    graph.add("loss2", CrossEntropy(coefficient=0.25))
    graph.connect(Wire("data-probs", "loss2"))
    graph.connect(Wire("labels", "loss2", 1))
    plan = compile_network(graph, 2)
    assert "cross_entropy.backward" in accumulating(plan)
    assert "softmax_cross_entropy.backward" not in kinds(plan)
    assert any("not fused" in note for note in plan.notes)
    check_gradients(graph)


def test_a_softmax_in_the_middle_hands_gradients_on() -> None:
    graph = start()
    graph.add("fc", Fc(outputs=4))
    graph.add("gate", Softmax())
    graph.connect(Wire("data", "fc"))
    graph.connect(Wire("fc", "gate"))
    head(graph, "gate")
    assert "softmax.backward" in kinds(compile_network(graph, 2))
    check_gradients(graph)


def test_all_layers_in_one_network_with_a_batch_that_is_not_full() -> None:
    graph = start()
    chain: list[tuple[str, Layer]] = [
        ("conv1", Conv(filters=3, size=(3, 3), padding=(1, 1))),
        ("max", Pool(size=(2, 2), stride=(1, 1))),
        ("drop", Dropout(keep=0.7)),
        ("conv2", Conv(filters=2, size=(2, 2), stride=(2, 2), padding=(0, 0), neuron="tanh")),
        ("avg", Pool(pool="avg", size=(2, 2), stride=(1, 1))),
        ("fc", Fc(outputs=4, neuron="logistic")),
        ("neuron", Neuron(neuron="none")),
    ]
    for source, (name, layer) in zip(["data", *(name for name, _ in chain)], chain, strict=False):
        graph.add(name, layer)
        graph.connect(Wire(source, name))
    head(graph, "neuron")
    head(graph, "max", 0.5)
    check_gradients(graph, batch_size=4, valid=3)


def test_a_layer_may_sum_several_inputs() -> None:
    graph = start()
    graph.add("one", Fc(outputs=2, neuron="tanh"))
    graph.connect(Wire("data", "one"))
    graph.add("two", Neuron(neuron="tanh"))
    graph.connect(Wire("data", "two"))
    head(graph, "one")
    graph.connect(Wire("two", "one-fc", 1))
    graph.connect(Wire("one", "one-fc", 2))
    check_gradients(graph)


@settings(max_examples=12)
@given(branching_networks())
def test_gradients_of_random_networks(graph: LayerGraph) -> None:
    check_gradients(graph, batch_size=2)


@settings(max_examples=60)
@given(branching_networks())
def test_only_what_leads_back_to_a_weight_that_learns_gets_a_gradient(graph: LayerGraph) -> None:
    """The oracle follows the wires of the drawing: no buffer but these, and each of these."""
    layers = infer(graph)
    learning = {name for name, layer in layers.items() if any(w.learning.learns for w in layer.weights)}
    behind = {name for name in graph if learning & {name, *graph.ancestors(name)}}
    plan = compile_network(graph, 2)
    got = {name.removesuffix(".gradient") for name in plan.buffers if name.endswith(".gradient")}
    weights = {
        f"{name}.{weight.name}"
        for name, layer in layers.items()
        for weight in layer.weights
        if weight.learning.learns
    }
    assert {name for name in got if plan.buffers[name].role == "weight"} == weights
    assert {slot.weight for slot in plan.slots} == weights
    assert {name.partition(".")[0] for name in got} <= behind
    for name in behind:
        if isinstance(graph[name], Conv | Fc | Pool | Dropout) and not graph[name].is_cost:
            assert {f"{name}.output", f"{name}.sums"} & got
    updates = [o for o in plan.programs[TRAIN].operations if o.kind == "sgd.update"]
    assert sorted(o.outputs["weights"] for o in updates) == sorted(weights)
    assert {buffer.name for buffer in plan.by_role("velocity")} == {f"{name}.velocity" for name in weights}


def test_a_frozen_layer_hands_gradients_on_and_gets_none() -> None:
    graph = start()
    graph.add("conv1", Conv(filters=2, size=(2, 2), padding=(0, 0), neuron="none"))
    graph.add("conv2", Conv(filters=2, size=(2, 2), padding=(0, 0), neuron="none", frozen=True))
    graph.connect(Wire("data", "conv1"))
    graph.connect(Wire("conv1", "conv2"))
    head(graph, "conv2")
    conv2 = [o.kind for o in compile_network(graph, 2).programs[TRAIN].operations if o.layer == "conv2"]
    assert conv2 == ["conv.forward", "conv.backward_data"]
    check_gradients(graph)


def test_counters_that_a_cost_writes_carry_no_gradient_to_a_dropout_that_reads_them() -> None:
    """The second branch is drawn after the first cost, and learns only behind its dropout."""
    graph = start()
    head(graph, "data")
    graph.add("drop", Dropout())
    graph.connect(Wire("data", "drop"))
    head(graph, "drop")
    plan = compile_network(graph, 2)
    assert "dropout.forward" in kinds(plan)
    assert "drop.output.gradient" not in plan.buffers
    assert "fc.backward_data" not in kinds(plan)


def test_a_network_that_is_all_frozen_has_no_backward_pass() -> None:
    graph = start()
    head(graph, "data")
    graph.replace("data-fc", Fc(outputs=CLASSES, frozen=True))
    plan = compile_network(graph, 2)
    assert kinds(plan) == ["fc.forward", "softmax.forward", "cross_entropy.forward"]
    assert plan.slots == ()


@settings(max_examples=20)
@given(branching_networks())
def test_fused_and_unfused_gradients_are_equal(graph: LayerGraph) -> None:
    fused = compile_network(graph, 3, dtype="float64")
    unfused = compile_network(graph, 3, dtype="float64", fusions=())
    assert "softmax_cross_entropy.backward" not in kinds(unfused)
    assert fused.slots == unfused.slots
    executors = []
    for plan in (spread(fused), spread(unfused)):
        executor = Executor(plan)
        fill(executor, plan, seed=1)
        executor.arrays["counters"][control.UPDATE] = 0
        loss(executor, graph)
        executors.append(executor)
    for slot in fused.slots:
        one, two = (executor.content(TRAIN, f"{slot.weight}.gradient") for executor in executors)
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


def test_the_fused_gradient_is_finite_where_a_probability_is_zero() -> None:
    graph = start()
    head(graph, "data")
    plan = spread(compile_network(graph, 2))
    executor = Executor(plan)
    fill(executor, plan, seed=2)
    executor.arrays["counters"][control.UPDATE] = 0
    executor.arrays["data-fc.weights"][...] *= 1e4
    loss(executor, graph)
    assert 0.0 in executor.content(TRAIN, "data-probs.output")
    assert np.isfinite(executor.content(TRAIN, "data-fc.weights.gradient")).all()
