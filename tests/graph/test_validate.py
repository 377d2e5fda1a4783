"""Every problem of a network, with the layers and the field to mark; all at once."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings

from engine.errors import (
    CycleError,
    IncompleteNetworkError,
    InvalidNetworkError,
    MissingInputError,
    NetworkError,
    ShapeMismatchError,
    TooManyInputsError,
    UnusedLayerError,
)
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import check_network, inspect_network
from engine.layers.base import TensorType
from engine.layers.catalogue import Conv, CrossEntropy, Data, Dropout, Fc, Labels, Neuron, Pool, Softmax
from tests.graph.networks import chain, drawn_graphs, small_graph


def problems_of(graph: LayerGraph) -> list[NetworkError]:
    return list(inspect_network(graph).problems)


def only_problem(graph: LayerGraph) -> NetworkError:
    (problem,) = problems_of(graph)
    return problem


def test_a_whole_network_has_no_problems_and_all_shapes() -> None:
    inspection = inspect_network(small_graph())
    assert inspection.problems == ()
    assert {name: str(output) for name, output in inspection.outputs.items()} == {
        "data": "8×8×1",
        "labels": "labels",
        "conv1": "8×8×4",
        "pool1": "4×4×4",
        "fc10": "10",
        "probs": "10",
        "loss": "cost",
    }


def test_an_empty_network_lacks_data_labels_and_cost() -> None:
    problems = problems_of(LayerGraph())
    assert {type(problem) for problem in problems} == {IncompleteNetworkError}
    assert [problem.fields["missing"] for problem in problems] == ["data", "labels", "cost"]
    assert all(problem.layers == () for problem in problems)


def test_a_circle_names_its_layers_in_order() -> None:
    graph = small_graph()
    graph.add("back", Neuron())
    graph.disconnect(Wire("data", "conv1"))
    graph.connect(Wire("pool1", "back"))
    graph.connect(Wire("back", "conv1"))
    circles = [problem for problem in problems_of(graph) if isinstance(problem, CycleError)]
    assert [circle.layers for circle in circles] == [("conv1", "pool1", "back")]
    assert str(circles[0]) == (
        "The layers form a circle: conv1 → pool1 → back → conv1. Remove one of these wires."
    )


def test_a_layer_that_feeds_itself_is_a_circle_of_one() -> None:
    graph = small_graph()
    graph.add("self", Neuron())
    graph.connect(Wire("self", "self"))
    circles = [problem for problem in problems_of(graph) if isinstance(problem, CycleError)]
    assert [circle.layers for circle in circles] == [("self",)]


def test_a_missing_input_names_layer_and_port() -> None:
    graph = small_graph()
    graph.disconnect(Wire("labels", "loss", 1))
    graph.remove("labels")
    problem = next(p for p in problems_of(graph) if isinstance(p, MissingInputError))
    assert problem.layers == ("loss",)
    assert problem.fields["index"] == 1
    assert str(problem) == "loss: expected a wire into Labels, found none. Connect Labels."


def test_a_wire_into_an_input_that_is_not_there_is_too_many() -> None:
    graph = small_graph()
    graph.connect(Wire("conv1", "probs", 2))
    problem = only_problem(graph)
    assert isinstance(problem, TooManyInputsError)
    assert str(problem) == "probs: expected 1 inputs, found 2. Remove a wire."


def test_a_layer_without_inputs_refuses_wires() -> None:
    graph = small_graph()
    graph.connect(Wire("conv1", "labels"))
    assert isinstance(only_problem(graph), TooManyInputsError)


def test_shapes_that_do_not_fit_name_layer_source_and_both_shapes() -> None:
    graph = small_graph()
    graph.replace("conv1", Conv(size=(11, 11), padding=(1, 1)))
    problem = only_problem(graph)
    assert isinstance(problem, ShapeMismatchError)
    assert problem.layers == ("conv1",)
    assert problem.fields["source"] == "data"
    assert str(problem) == (
        "conv1: expected a picture of at least 9 × 9 px, found 8×8×1 from data. "
        "Use a smaller filter or more padding."
    )


def test_what_comes_after_a_mismatch_is_unknown_and_no_problem_of_its_own() -> None:
    graph = small_graph()
    graph.replace("conv1", Conv(size=(11, 11), padding=(1, 1)))
    assert set(inspect_network(graph).outputs) == {"data", "labels"}


@pytest.mark.parametrize(
    ("wire", "layer", "words"),
    [
        (Wire("labels", "conv1"), "conv1", "expected values at Input, found labels from labels"),
        (Wire("probs", "loss", 1), "loss", "expected labels at Labels, found 10 from probs"),
    ],
)
def test_labels_and_values_do_not_go_into_each_others_inputs(wire: Wire, layer: str, words: str) -> None:
    graph = small_graph()
    old = graph.wire_into(wire.target, wire.port)
    assert old is not None
    graph.disconnect(old)
    graph.connect(wire)
    problem = next(p for p in problems_of(graph) if isinstance(p, ShapeMismatchError))
    assert problem.layers == (layer,)
    assert words in str(problem)


@pytest.mark.parametrize("layer", [Fc(), Neuron(), Dropout(), Softmax()])
def test_no_layer_takes_a_cost(layer: Neuron) -> None:
    graph = small_graph()
    graph.add("after", layer)
    graph.connect(Wire("loss", "after"))
    problem = next(p for p in problems_of(graph) if isinstance(p, ShapeMismatchError))
    assert problem.layers == ("after",)
    assert "found cost from loss" in str(problem)


def test_layers_that_no_cost_depends_on_are_unused() -> None:
    graph = small_graph()
    graph.add("side", Fc())
    graph.connect(Wire("pool1", "side"))
    problem = only_problem(graph)
    assert isinstance(problem, UnusedLayerError)
    assert problem.layers == ("side",)
    graph.add("after", Fc())
    graph.connect(Wire("side", "after"))
    assert only_problem(graph).layers == ("after",), "the last of a chain is told of alone"


def test_without_a_cost_nothing_is_called_unused() -> None:
    graph = small_graph()
    graph.remove("loss")
    assert [str(problem) for problem in problems_of(graph)] == ["The network has no cost layer. Add one."]


def test_two_costs_may_share_a_network() -> None:
    graph = small_graph()
    graph.add("loss2", CrossEntropy())
    graph.connect(Wire("probs", "loss2"))
    graph.connect(Wire("labels", "loss2", 1))
    assert problems_of(graph) == []


def test_all_problems_are_told_at_once() -> None:
    graph = chain(
        data=Data(size=(4, 4)),
        conv1=Conv(size=(9, 9), padding=(0, 0)),
        fc=Fc(),
        loss=CrossEntropy(),
    )
    graph.add("alone", Pool())
    graph.add("a", Neuron())
    graph.add("b", Neuron())
    graph.connect(Wire("a", "b"))
    graph.connect(Wire("b", "a"))
    graph.connect(Wire("a", "data"))
    with pytest.raises(InvalidNetworkError) as caught:
        check_network(graph)
    assert sorted((problem.code, problem.layers) for problem in caught.value.problems) == [
        ("CycleError", ("a", "b")),
        ("IncompleteNetworkError", ()),
        ("MissingInputError", ("alone",)),
        ("MissingInputError", ("loss",)),
        ("TooManyInputsError", ("data",)),
        ("UnusedLayerError", ("alone",)),
    ]
    graph.disconnect(Wire("a", "data"))
    assert ("ShapeMismatchError", ("conv1",)) in [(p.code, p.layers) for p in problems_of(graph)]
    assert str(caught.value).count("\n") == 5


@settings(max_examples=300)
@given(drawn_graphs())
def test_whatever_is_drawn_is_inspected_without_raising(graph: LayerGraph) -> None:
    """Each problem names layers that are there and fields that they have, and says so in a sentence."""
    inspection = inspect_network(graph)
    for problem in inspection.problems:
        assert set(problem.layers) <= set(graph)
        assert str(problem).endswith(".")
        if problem.field is not None:
            assert problem.field in {f.name for f in fields(graph[problem.layers[0]])}
    for name in graph:
        inputs = inspection.inputs(graph, name)
        assert inputs is None or all(isinstance(kind, TensorType) for kind in inputs)
        if name in inspection.outputs:
            assert inputs is not None
            assert graph[name].output(inputs) == inspection.outputs[name]
    if not inspection.problems:
        assert set(inspection.outputs) == set(graph)


@given(drawn_graphs())
def test_a_layer_without_problems_at_or_before_it_has_an_output(graph: LayerGraph) -> None:
    inspection = inspect_network(graph)
    told = {layer for p in inspection.problems if not isinstance(p, UnusedLayerError) for layer in p.layers}
    for name in graph:
        if not told & {name, *graph.ancestors(name)}:
            assert name in inspection.outputs


def test_labels_reach_only_costs() -> None:
    inspection = inspect_network(small_graph())
    assert inspection.outputs["labels"] == Labels().output(())
