"""Compiling: what the plan of a network looks like, and what cannot be compiled."""

from __future__ import annotations

import pytest

from engine.errors import DeviceError, InvalidNetworkError, PlanError
from engine.graph.layer_graph import Wire
from engine.graph.split import LayerSplit, Split
from engine.graph.validate import inspect_network
from engine.layers.base import Cost
from engine.layers.catalogue import CrossEntropy, Dropout
from engine.plan.analysis.cost import layer_costs, total_cost
from engine.plan.analysis.infer import all_weights, infer, learning_weights
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.plan.table import format_plan, format_table
from tests.graph.networks import small_graph


def names(program: str) -> list[str]:
    return [operation.name for operation in compile_network(small_graph(), 4).programs[program].operations]


def test_the_steps_of_a_small_network() -> None:
    assert names(EVALUATE) == [
        "conv1.conv.forward",
        "conv1.neuron.forward",
        "pool1.max_pool.forward",
        "fc10.fc.forward",
        "probs.softmax.forward",
        "loss.cross_entropy.forward",
    ]
    assert names(TRAIN)[:6] == names(EVALUATE)
    assert names(TRAIN)[6:] == [
        "probs.softmax_cross_entropy.backward",
        "fc10.fc.backward_weights",
        "fc10.bias.backward",
        "fc10.biases.sgd.update",
        "fc10.fc.backward_data",
        "fc10.weights.sgd.update",
        "pool1.max_pool.backward",
        "conv1.neuron.backward",
        "conv1.conv.backward_weights",
        "conv1.weights.sgd.update",
        "conv1.bias.backward",
        "conv1.biases.sgd.update",
    ]


def test_weights_are_updated_after_the_last_operation_that_reads_them() -> None:
    operations = compile_network(small_graph(), 4).programs[TRAIN].operations
    for operation in operations:
        if operation.kind == "sgd.update":
            later = operations[operations.index(operation) + 1 :]
            assert not any(operation.outputs["weights"] in other.inputs.values() for other in later)


def test_dropout_acts_in_training_alone_and_each_has_a_stream_of_its_own() -> None:
    graph = small_graph()
    for number, (source, target) in enumerate((("pool1", "fc10"), ("fc10", "probs"))):
        graph.add(f"drop{number}", Dropout())
        graph.disconnect(Wire(source, target))
        graph.connect(Wire(source, f"drop{number}"))
        graph.connect(Wire(f"drop{number}", target))
    plan = compile_network(graph, 4)
    drops = [o for o in plan.programs[TRAIN].operations if o.kind == "dropout.forward"]
    assert len({drop.attributes["stream"] for drop in drops}) == 2
    assert not any("dropout" in o.kind for o in plan.programs[EVALUATE].operations)


def test_the_plan_notes_what_was_fused_and_why_not() -> None:
    graph = small_graph()
    assert compile_network(graph, 4).notes == (
        "loss.cross_entropy.backward and probs.softmax.backward: fused",
    )
    graph.add("loss2", CrossEntropy())
    graph.connect(Wire("probs", "loss2"))
    graph.connect(Wire("labels", "loss2", 1))
    notes = compile_network(graph, 4).notes
    assert len(notes) == 2
    assert all("not fused with a softmax, since probs.output.gradient is used by" in note for note in notes)


def test_weights_are_numbered_in_the_order_of_the_drawing() -> None:
    layers = infer(small_graph())
    assert list(all_weights(layers)) == ["conv1.weights", "conv1.biases", "fc10.weights", "fc10.biases"]
    assert learning_weights(layers) == all_weights(layers)
    assert [slot.slot for slot in compile_network(small_graph(), 4).slots] == [0, 1, 2, 3]


def test_the_printed_plan_has_a_line_for_each_buffer_that_is_written() -> None:
    plan = compile_network(small_graph(), 4)
    lines = format_plan(plan).splitlines()
    assert lines[0].startswith("device cpu, float32, batch 4, arena ")
    for program in plan.programs.values():
        for operation in program.operations:
            line = next(line for line in lines if f" {operation.name} " in line)
            for name in operation.outputs.values():
                assert any(f" {name} " in other for other in lines[lines.index(line) :])
    assert not {"pass", "stream", "after"} & set(lines[4].split())


def test_tables_are_aligned() -> None:
    assert format_table([("a", "b"), ("cc", "1")], right=frozenset({1})) == ["a   b", "cc  1"]


def test_costs_of_a_network_are_the_sums_of_its_layers() -> None:
    """conv1: 4 filters of 9 weights at 64 places; fc10: 10 · 64 weights."""
    graph = small_graph()
    costs = layer_costs(graph, inspect_network(graph))
    assert costs["conv1"] == Cost(weights=36, biases=4, multiply_adds=64 * 36, activations=256)
    total = total_cost(costs)
    assert (total.weights, total.biases, total.multiply_adds) == (36 + 640, 14, 64 * 36 + 640)
    assert total.activations == 64 + 1 + 256 + 64 + 10 + 10


def test_costs_of_a_half_drawn_network_are_those_that_are_known() -> None:
    graph = small_graph()
    graph.disconnect(Wire("pool1", "fc10"))
    assert set(layer_costs(graph, inspect_network(graph))) == {"data", "labels", "conv1", "pool1"}


def test_a_network_with_problems_is_not_compiled() -> None:
    graph = small_graph()
    graph.remove("labels")
    with pytest.raises(InvalidNetworkError) as caught:
        compile_network(graph, 4)
    assert len(caught.value.problems) == 2


def test_a_split_that_names_a_layer_that_is_not_there_is_refused() -> None:
    split = Split("mine", ("A",), (("conv9", LayerSplit("data")),))
    with pytest.raises(PlanError, match=r'Split "mine": expected a layer conv9 in the network, found none'):
        compile_network(small_graph(), 4, split=split)


def test_a_device_without_a_kernel_is_refused_with_the_layer() -> None:
    with pytest.raises(DeviceError, match=r"there is no kernel for .*, which layer .* needs"):
        compile_network(small_graph(), 4, device="tpu")  # type: ignore[arg-type]
