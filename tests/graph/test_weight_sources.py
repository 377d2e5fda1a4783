"""Layers that use the weights of others: what they may name, what they cost, and renaming."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import WeightSourceError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import inspect_network
from engine.graph.weight_sources import rename_sources
from engine.layers.base import Cost
from engine.layers.catalogue import Conv, CrossEntropy, Data, EltSum, Fc, Labels, Softmax
from engine.layers.learning import parse_sources
from engine.plan.analysis.cost import layer_costs
from engine.plan.analysis.infer import all_weights, infer


def twins(weights_of: str = "one", other: Conv | None = None) -> LayerGraph:
    """Two convolutions of the same pictures, ``two`` with the weights of ``one``."""
    graph = LayerGraph()
    conv = Conv(filters=3, size=(3, 3), padding=(1, 1))
    layers = {
        "data": Data(size=(6, 6), channels=2),
        "one": conv,
        "two": replace(other or conv, weights_of=weights_of),
    }
    for name, layer in {**layers, "sum": EltSum(), "fc": Fc(outputs=4), "probs": Softmax()}.items():
        graph.add(name, layer)
    graph.add("labels", Labels())
    graph.add("cost", CrossEntropy())
    for source, target, port in (
        ("data", "one", 0),
        ("data", "two", 0),
        ("one", "sum", 0),
        ("two", "sum", 1),
        ("sum", "fc", 0),
        ("fc", "probs", 0),
        ("probs", "cost", 0),
        ("labels", "cost", 1),
    ):
        graph.connect(Wire(source, target, port))
    return graph


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        ("", ()),
        ("conv1", ("conv1.weights",)),
        ("conv1[2]", ("conv1.weights3",)),
        ("a, b", ("a.weights", "b.weights2")),
        (" a[0] ,, c[1]", ("a.weights", "", "c.weights2")),
    ],
)
def test_a_list_names_an_array_for_each_input(words: str, sources: tuple[str, ...]) -> None:
    assert parse_sources(words) == sources


@pytest.mark.parametrize("words", ["a b", "a[", "a[x]", "[1]", "a[-1]", "a[99999]"])
def test_what_is_no_list_is_a_problem_with_the_field(words: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_sources(words)
    (problem,) = inspect_network(twins(words)).problems
    assert isinstance(problem, WeightSourceError)
    assert (problem.layers, problem.field) == (("two",), "weights_of")


@pytest.mark.parametrize(
    ("words", "other", "found"),
    [
        ("three", None, "none called three.weights"),
        ("one[1]", None, "none called one.weights2"),
        ("data", None, "none called data.weights"),
        ("two", None, "which are shared"),
        ("one, one", None, "2 weight sources"),
        ("one", Conv(filters=3, size=(5, 5), padding=(2, 2)), "3 × 3 × 3 × "),
        ("fc", None, "4 × 108 in fc.weights"),
    ],
)
def test_weights_that_cannot_be_used_are_a_problem(words: str, other: Conv | None, found: str) -> None:
    (problem,) = inspect_network(twins(words, other)).problems
    assert isinstance(problem, WeightSourceError)
    assert found in str(problem)


def test_shared_weights_are_kept_and_counted_once() -> None:
    graph = twins()
    inspection = inspect_network(graph)
    assert not inspection.problems
    names = ["one.weights", "one.biases", "two.biases", "fc.weights", "fc.biases"]
    assert list(all_weights(infer(graph))) == names
    costs = layer_costs(graph, inspection)
    assert costs["two"] == replace(costs["one"], weights=0)
    assert costs["two"] != Cost()


def test_a_layer_that_is_renamed_is_named_so() -> None:
    graph = twins("one")
    graph.rename("one", "first")
    rename_sources(graph, "one", "first")
    assert not inspect_network(graph).problems
    for words, renamed in (("one[1], one, none", "x[1], x, none"), ("ones, on, one-a", "ones, on, one-a")):
        graph.replace("two", replace(graph["two"], weights_of=words))  # type: ignore[call-arg]
        rename_sources(graph, "one", "x")
        assert graph["two"].weights_of == renamed  # type: ignore[attr-defined]
        rename_sources(graph, "x", "one")
        assert graph["two"].weights_of == words  # type: ignore[attr-defined]
