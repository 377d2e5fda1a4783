"""Every kind of layer within a network: compiled, run, and its gradients against central differences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer
from engine.layers.catalogue import (
    LAYERS,
    BatchNorm,
    Bce,
    Blur,
    CmPool,
    CmRNorm,
    CNorm,
    Concat,
    Conv,
    Crop,
    CrossEntropy,
    Data,
    Dce,
    Dropout,
    Dropout2,
    EltMax,
    EltSum,
    Fc,
    GlobalAvg,
    Labels,
    Local,
    Mirror,
    Nailbed,
    Neuron,
    OneHot,
    PassOn,
    Pool,
    RandomScale,
    Resize,
    RgbToLab,
    RgbToYuv,
    RNorm,
    Sfc,
    Softmax,
    Sum2,
    TargetCrossEntropy,
)
from engine.layers.neuron import NEURON_KINDS
from tests.plan.executing import CLASSES, check_gradients, head, start

SMOOTH = [name for name in NEURON_KINDS if name not in ("sqrt", "log")]
ONE_INPUT: tuple[Layer, ...] = (
    Conv(
        filters=4, size=(2, 2), padding=(1, 0), groups=2, dilation=(2, 1), shared_biases=False, neuron="silu"
    ),
    Local(filters=4, size=(2, 3), stride=(2, 1), groups=2, neuron="tanh[1.7159,0.6667]"),
    Pool(pool="maxabs", size=(2, 2), start=(-1, 0)),
    Pool(pool="sum", size=(2, 2), start=(-1, 0), outputs=(0, 1)),
    GlobalAvg(),
    CmPool(size=3, stride=1, outputs=1),
    Nailbed(),
    Blur(size="3"),
    Mirror(),
    CmRNorm(size=3, scale=1.0),
    CmRNorm(size=3, scale=1.0, blocked=True),
    RNorm(size=3, scale=1.0),
    CNorm(size=3, scale=1.0),
    BatchNorm(neuron="tanh"),
    Dropout(keep=0.6),
    Dropout2(keep=0.6),
    PassOn(),
    Sfc(outputs=2, parts=2, neuron="softrelu"),
    *(Neuron(neuron=name) for name in SMOOTH),
)
SEVERAL_INPUTS: tuple[Layer, ...] = (
    Conv(filters=3, size=(2, 2), padding=(0, 0), neuron="gelu"),
    Local(filters=2, size=(2, 2), padding=(0, 0), neuron="logistic"),
    Fc(outputs=4, most_norm=0.5),
    Sfc(outputs=2, parts=2),
    EltSum(coefficients=(0.5, -2.0, 1.5), neuron="tanh"),
    EltMax(),
    Concat(),
)
PICTURE_LAYERS: tuple[Layer, ...] = (
    Crop(size=(3, 2), start=(1, 1)),
    Resize(scale=1.5),
    RandomScale(largest=1.5, size=(3, 2)),
    RgbToYuv(),
    RgbToLab(),
)
COSTS: tuple[Layer, ...] = (TargetCrossEntropy(), Bce(positive_weight=2.0), Dce(coefficient=0.5))


def test_every_layer_is_here() -> None:
    """And those that every test's network has."""
    tried = {type(layer) for layer in (*ONE_INPUT, *SEVERAL_INPUTS, *PICTURE_LAYERS, *COSTS)}
    assert set(LAYERS) == tried | {Data, Labels, OneHot, Softmax, CrossEntropy, Sum2}


def _conv(graph: LayerGraph, name: str, source: str = "data", filters: int = 4) -> None:
    graph.add(name, Conv(filters=filters, size=(2, 2), padding=(0, 0), neuron="none"))
    graph.connect(Wire(source, name))


def through(layer: Layer) -> LayerGraph:
    """Return a network in which a layer stands after a convolution."""
    graph = start()
    _conv(graph, "conv")
    graph.add("layer", layer)
    graph.connect(Wire("conv", "layer"))
    head(graph, "layer")
    return graph


def joining(layer: Layer) -> LayerGraph:
    """Return a network in which a layer joins two others, one of them twice."""
    graph = start()
    graph.add("layer", layer)
    for number, name in enumerate(("one", "two")):
        _conv(graph, name)
        graph.connect(Wire(name, "layer", number))
    if not isinstance(layer, EltMax):  # ties all get the gradient: more than differences say
        graph.connect(Wire("one", "layer", 5))
    head(graph, "layer")
    return graph


def preparing(layer: Layer) -> LayerGraph:
    """Return a network in which a layer stands before all that learns."""
    graph = LayerGraph()
    graph.add("data", Data(size=(5, 4), channels=3))
    graph.add("labels", Labels())
    graph.add("layer", layer)
    graph.connect(Wire("data", "layer"))
    graph.add("small", EltSum(coefficients=(0.02,)))
    graph.connect(Wire("layer", "small"))
    _conv(graph, "conv", "small", 2)
    head(graph, "conv")
    return graph


def with_targets(cost: Layer) -> LayerGraph:
    """Return a network of a cost with targets, together with a sum of squares, which costs as well."""
    graph = start()
    graph.add(
        "fc", Fc(outputs=CLASSES, neuron="none" if isinstance(cost, TargetCrossEntropy) else "logistic")
    )
    graph.connect(Wire("data", "fc"))
    graph.add("targets", OneHot(classes=CLASSES))
    graph.connect(Wire("labels", "targets"))
    source = "fc"
    if isinstance(cost, TargetCrossEntropy):
        graph.add("probs", Softmax())
        graph.connect(Wire("fc", "probs"))
        source = "probs"
    graph.add("cost", cost)
    graph.connect(Wire(source, "cost", 0))
    graph.connect(Wire("targets", "cost", 1))
    graph.add("small", Sum2(coefficient=0.3))
    graph.connect(Wire("fc", "small"))
    return graph


def networks() -> Iterator[LayerGraph]:
    """Yield networks that have every kind of layer among them."""
    yield from map(through, ONE_INPUT)
    yield from map(joining, SEVERAL_INPUTS)
    yield from map(preparing, PICTURE_LAYERS)
    yield from map(with_targets, COSTS)


@pytest.mark.parametrize("layer", ONE_INPUT, ids=str)
def test_gradients_through_a_layer(layer: Layer) -> None:
    """With a batch of which one row is padding."""
    check_gradients(through(layer), batch_size=4, valid=3)


@pytest.mark.parametrize("layer", SEVERAL_INPUTS, ids=str)
def test_gradients_of_several_inputs_one_of_them_twice(layer: Layer) -> None:
    check_gradients(joining(layer), batch_size=2)


@pytest.mark.parametrize("layer", PICTURE_LAYERS, ids=str)
def test_layers_without_a_gradient_stand_before_those_that_learn(layer: Layer) -> None:
    check_gradients(preparing(layer), batch_size=2)


@pytest.mark.parametrize("cost", COSTS, ids=str)
def test_gradients_of_costs_with_targets(cost: Layer) -> None:
    check_gradients(with_targets(cost), batch_size=3, valid=2)
