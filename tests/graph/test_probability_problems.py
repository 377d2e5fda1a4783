"""Costs that take probabilities are given some: what may be any number is a problem, with advice."""

from __future__ import annotations

import pytest

from engine.errors import NetworkError, NotProbabilitiesError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import inspect_network
from engine.layers.base import Layer
from engine.layers.catalogue import (
    Bce,
    Concat,
    CrossEntropy,
    Data,
    Dropout,
    EltSum,
    Fc,
    Labels,
    Neuron,
    OneHot,
    PassOn,
    Softmax,
    TargetCrossEntropy,
)


def problems(cost: Layer, *chain: Layer) -> list[NetworkError]:
    """Return the problems of data → fc → the chain → cost; joining layers are given their input twice."""
    graph = LayerGraph()
    graph.add("data", Data(size=(4, 4)))
    last = "data"
    for number, layer in enumerate(chain):
        name = f"{layer.kind}{number}"
        graph.add(name, layer)
        for port in range(2 if isinstance(layer, EltSum | Concat) else 1):
            graph.connect(Wire(last, name, port))
        last = name
    graph.add("labels", Labels())
    graph.add("cost", cost)
    graph.connect(Wire(last, "cost", 0))
    if isinstance(cost, CrossEntropy):
        graph.connect(Wire("labels", "cost", 1))
    else:
        graph.add("targets", OneHot(classes=graph_width(chain)))
        graph.connect(Wire("labels", "targets"))
        graph.connect(Wire("targets", "cost", 1))
    return list(inspect_network(graph).problems)


def graph_width(chain: tuple[Layer, ...]) -> int:
    return 20 if any(isinstance(layer, Concat) for layer in chain) else 10


MEAN = EltSum(coefficients=(0.25, 0.75))


@pytest.mark.parametrize("cost", [CrossEntropy(), TargetCrossEntropy(), Bce()])
def test_fc_straight_into_a_cost_is_a_problem_with_advice(cost: Layer) -> None:
    """It would train to numbers that are none: the logarithm of what is below 0."""
    (problem,) = problems(cost, Fc())
    assert isinstance(problem, NotProbabilitiesError)
    assert problem.layers == ("cost",)
    assert "fc0" in str(problem)
    assert "softmax" in str(problem)


@pytest.mark.parametrize(
    "chain",
    [(Fc(), Softmax()), (Fc(), Softmax(), PassOn()), (Fc(), Softmax(), MEAN)],
)
def test_what_sums_to_one_suits_every_cost(chain: tuple[Layer, ...]) -> None:
    for cost in (CrossEntropy(), TargetCrossEntropy(), Bce()):
        assert not problems(cost, *chain)


@pytest.mark.parametrize(
    "chain",
    [
        (Fc(neuron="logistic"),),
        (Fc(), Neuron(neuron="logistic")),
        (Fc(), Softmax(), Concat()),
        (Fc(neuron="logistic"), MEAN),
    ],
)
def test_answers_to_questions_of_their_own_suit_binary_costs_alone(chain: tuple[Layer, ...]) -> None:
    assert not problems(Bce(), *chain)
    assert [type(problem) for problem in problems(CrossEntropy(), *chain)] == [NotProbabilitiesError]


@pytest.mark.parametrize(
    "layer", [Dropout(), Neuron(neuron="relu"), EltSum(), EltSum(coefficients=(2.0, -1.0))]
)
def test_what_leaves_the_range_of_probabilities_suits_none(layer: Layer) -> None:
    for cost in (CrossEntropy(), Bce()):
        assert [type(found) for found in problems(cost, Fc(), Softmax(), layer)] == [NotProbabilitiesError]
