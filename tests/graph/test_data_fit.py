"""What does not fit a data set is told at its layer and field; fitting changes that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from engine.data.open import BUILT_IN as LOADERS
from engine.errors import NetworkError
from engine.graph.data_fit import BUILT_IN, DataFacts, data_problems, fitted_layers
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import inspect_network
from engine.layers.base import Layer
from engine.layers.catalogue import (
    Bce,
    Conv,
    CrossEntropy,
    Data,
    Fc,
    GlobalAvg,
    Labels,
    OneHot,
    Softmax,
)
from tests.graph.networks import chain, small_graph

CATS = DataFacts("cats", (8, 8, 1), 10)


def problems(graph: LayerGraph, facts: DataFacts, border: int = 0) -> list[NetworkError]:
    return list(data_problems(graph, inspect_network(graph).outputs, facts, border))


def fit(graph: LayerGraph, facts: DataFacts, border: int = 0) -> Mapping[str, Layer]:
    """Fit a network, check that nothing is left to do, and return what was changed."""
    changed = fitted_layers(graph, facts, border)
    fitted = graph.copy()
    for name, layer in changed.items():
        fitted.replace(name, layer)
    assert not problems(fitted, facts, border)
    assert not fitted_layers(fitted, facts, border)
    return changed


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_said_of_built_in_data_is_true(name: str) -> None:
    assert BUILT_IN.keys() == LOADERS.keys()
    assert BUILT_IN[name] == LOADERS[name]().facts


def test_a_network_that_fits_has_no_problem_and_is_left_alone() -> None:
    assert not problems(small_graph(), CATS)
    assert not fit(small_graph(), CATS)
    assert not problems(small_graph(), replace(CATS, shape=(11, 9, 1))), "they are cropped"
    assert not problems(small_graph(), replace(CATS, shape=(4, 6, 1)), border=2)
    assert not problems(small_graph(), replace(CATS, classes=3)), "some outputs stay unused"


@pytest.mark.parametrize(
    ("facts", "layer", "field"),
    [
        (replace(CATS, shape=(7, 8, 1)), "data", "size"),
        (replace(CATS, shape=(8, 8, 3)), "data", "channels"),
        (replace(CATS, classes=11), "fc10", "outputs"),
    ],
)
def test_a_problem_is_at_the_layer_and_field_to_change(facts: DataFacts, layer: str, field: str) -> None:
    (problem,) = problems(small_graph(), facts)
    assert problem.layers == (layer,)
    assert problem.field == field
    assert "cats" in str(problem)
    assert fit(small_graph(), facts).keys() == {layer}


def test_a_crop_is_kept_and_other_sizes_become_that_of_the_pictures() -> None:
    large = replace(CATS, shape=(10, 9, 1))
    assert not fit(small_graph(), large)
    assert fit(small_graph(), replace(CATS, shape=(64, 48, 1))) == {"data": Data(size=(64, 48), channels=1)}
    assert fit(small_graph(), replace(large, shape=(10, 9, 3))) == {"data": Data(size=(8, 8), channels=3)}


def test_the_last_layer_with_weights_decides_how_many_classes_there_are() -> None:
    graph = chain(
        data=Data(size=(8, 8), channels=1),
        labels=Labels(),
        conv=Conv(filters=4),
        mean=GlobalAvg(),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    (problem,) = problems(graph, CATS)
    assert (problem.layers, problem.field) == (("conv",), "filters")
    assert fit(graph, CATS) == {"conv": Conv(filters=10)}


def test_one_hot_labels_and_what_is_compared_with_them_change_together() -> None:
    graph = LayerGraph()
    layers = {"data": Data(size=(8, 8), channels=1), "fc": Fc(outputs=3, neuron="logistic")}
    for name, layer in {**layers, "labels": Labels(), "targets": OneHot(classes=3), "cost": Bce()}.items():
        graph.add(name, layer)
    for wire in (
        Wire("data", "fc"),
        Wire("labels", "targets"),
        Wire("fc", "cost"),
        Wire("targets", "cost", 1),
    ):
        graph.connect(wire)
    (problem,) = problems(graph, CATS)
    assert (problem.layers, problem.field) == (("targets",), "classes")
    assert {name: getattr(layer, "outputs", 0) for name, layer in fit(graph, CATS).items()} == {
        "fc": 10,
        "targets": 0,
    }


def test_data_layers_of_two_sizes_are_a_problem() -> None:
    graph = small_graph()
    graph.add("more", Data(size=(6, 6), channels=1))
    (problem,) = problems(graph, CATS)
    assert problem.layers == ("more",)


def test_a_network_that_is_not_whole_does_not_end_in_an_error() -> None:
    graph = small_graph()
    graph.disconnect(Wire("fc10", "probs"))
    assert not problems(graph, CATS)
    graph.remove("loss")
    assert not problems(graph, CATS)
    assert not fitted_layers(graph, CATS, 0)
