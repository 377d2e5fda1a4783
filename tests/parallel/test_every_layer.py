"""Every kind of layer under every kind of split gives what one device gives."""

from __future__ import annotations

import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import NetworkFile
from engine.graph.presets import preset_split
from engine.layers.base import Layer
from engine.layers.catalogue import (
    Conv,
    EltSum,
    Fc,
    Neuron,
    OneHot,
    Softmax,
    Sum2,
    TargetCrossEntropy,
)
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import deviation, make_batches, train
from tests.parallel.networks import devices
from tests.plan.executing import CLASSES, head, start
from tests.plan.test_every_layer import COSTS, ONE_INPUT, PICTURE_LAYERS, SEVERAL_INPUTS

BATCH = 10
SPLITS = (("data", "a", 2), ("model", "a", 3), ("hybrid", "a", 4), ("hybrid", "b", 3), ("hybrid", "c", 2))

ONE = [
    layer
    for layer in ONE_INPUT
    if not isinstance(layer, Neuron) or layer.neuron in ("tanh", "abs", "softrelu", "linear")
]


def check(graph: LayerGraph) -> None:
    """Check that a network learns the same under all splits as on one device."""
    network, layers = NetworkFile(graph=graph), infer(graph)
    batches = make_batches(layers, BATCH, 3, seed=2)
    one = train(compile_network(graph, BATCH, dtype="float64"), network, layers, batches)
    for preset, scheme, ranks in SPLITS:
        split = preset_split(graph, preset, devices(ranks), scheme)  # type: ignore[arg-type]
        plan = compile_network(graph, BATCH, dtype="float64", split=split)
        course = train(plan, network, layers, batches)
        assert max(deviation(one, course).values()) <= 1e-10, split.name


def _conv(graph: LayerGraph, name: str, source: str = "data") -> None:
    graph.add(name, Conv(filters=4, size=(2, 2), padding=(0, 0), neuron="tanh"))
    graph.connect(Wire(source, name))


@pytest.mark.parametrize("layer", ONE, ids=str)
def test_layers_of_one_input(layer: Layer) -> None:
    graph = start()
    _conv(graph, "conv")
    graph.add("layer", layer)
    graph.connect(Wire("conv", "layer"))
    head(graph, "layer")
    check(graph)


@pytest.mark.parametrize("layer", SEVERAL_INPUTS, ids=str)
def test_layers_of_several_inputs_one_of_them_twice(layer: Layer) -> None:
    graph = start()
    graph.add("layer", layer)
    for number, name in enumerate(("one", "two")):
        _conv(graph, name)
        graph.connect(Wire(name, "layer", number))
    graph.connect(Wire("one", "layer", 5))
    head(graph, "layer")
    check(graph)


@pytest.mark.parametrize("layer", PICTURE_LAYERS, ids=str)
def test_layers_before_those_that_learn(layer: Layer) -> None:
    graph = LayerGraph()
    for name, other in start().layers().items():
        graph.add(name, type(other)(size=(5, 4), channels=3) if name == "data" else other)  # type: ignore[call-arg]
    graph.add("layer", layer)
    graph.connect(Wire("data", "layer"))
    graph.add("small", EltSum(coefficients=(0.02,)))
    graph.connect(Wire("layer", "small"))
    _conv(graph, "conv", "small")
    head(graph, "conv")
    check(graph)


@pytest.mark.parametrize("cost", COSTS, ids=str)
def test_costs_two_in_a_network(cost: Layer) -> None:
    graph = start()
    _conv(graph, "conv")
    is_softmax = isinstance(cost, TargetCrossEntropy)
    graph.add("fc", Fc(outputs=CLASSES, neuron="none" if is_softmax else "logistic"))
    graph.connect(Wire("conv", "fc"))
    graph.add("targets", OneHot(classes=CLASSES))
    graph.connect(Wire("labels", "targets"))
    if is_softmax:
        graph.add("probs", Softmax())
        graph.connect(Wire("fc", "probs"))
    graph.add("cost", cost)
    graph.connect(Wire("probs" if is_softmax else "fc", "cost", 0))
    graph.connect(Wire("targets", "cost", 1))
    graph.add("small", Sum2(coefficient=0.3))
    graph.connect(Wire("conv", "small"))
    check(graph)
