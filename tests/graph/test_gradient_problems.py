"""Layers that hand no gradient back come before all layers that learn; several wires into one port."""

from __future__ import annotations

from engine.errors import MissingInputError, NoGradientError
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.validate import inspect_network
from engine.layers.catalogue import Conv, Crop, CrossEntropy, Data, EltMax, Fc, Labels, Softmax


def network(*, frozen: bool) -> LayerGraph:
    """data → conv → crop → fc → softmax → cost."""
    graph = LayerGraph()
    for name, layer in {
        "data": Data(size=(8, 8)),
        "labels": Labels(),
        "conv": Conv(filters=2, frozen=frozen),
        "crop": Crop(size=(4, 4)),
        "fc": Fc(),
        "probs": Softmax(),
        "cost": CrossEntropy(),
    }.items():
        graph.add(name, layer)
    for source, target in (("data", "conv"), ("conv", "crop"), ("crop", "fc"), ("fc", "probs")):
        graph.connect(Wire(source, target))
    graph.connect(Wire("probs", "cost", 0))
    graph.connect(Wire("labels", "cost", 1))
    return graph


def test_a_crop_after_a_layer_that_learns_is_a_problem() -> None:
    (problem,) = inspect_network(network(frozen=False)).problems
    assert isinstance(problem, NoGradientError)
    assert problem.layers == ("crop",)
    assert "conv learns" in str(problem)


def test_a_crop_after_a_frozen_layer_is_none() -> None:
    assert not inspect_network(network(frozen=True)).problems


def test_a_port_for_several_wires_needs_its_least_and_minds_no_gaps() -> None:
    graph = network(frozen=True)
    graph.add("max", EltMax())
    graph.connect(Wire("data", "max", 3))
    missing = [p for p in inspect_network(graph).problems if isinstance(p, MissingInputError)]
    assert [problem.fields["index"] for problem in missing] == [0]
    graph.connect(Wire("data", "max", 0))
    inspection = inspect_network(graph)
    assert inspection.outputs["max"].shape == (8, 8, 3)
    assert inspection.inputs(graph, "max") == (inspection.outputs["data"],) * 2
