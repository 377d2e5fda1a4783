"""Muted layers: drawn, but handing their first input on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.mute import as_run, can_be_muted
from engine.graph.presets import PRESETS, preset_split
from engine.graph.validate import inspect_network
from engine.layers.catalogue import KINDS
from engine.layers.fc import Fc
from engine.layers.pool import Pool
from engine.plan.analysis.cost import layer_costs
from engine.plan.compile.pipeline import compile_network
from tests.graph.networks import small_graph


def mute(graph: LayerGraph, name: str) -> LayerGraph:
    graph = graph.copy()
    graph.replace(name, replace(graph[name], muted=True))
    return graph


def without(graph: LayerGraph, name: str) -> LayerGraph:
    """Return the network in which a layer is left out by hand."""
    graph = graph.copy()
    source = graph.inputs(name)[0].source
    targets = [(wire.target, wire.port) for wire in graph.outputs(name)]
    graph.remove(name)
    for target, port in targets:
        graph.connect(Wire(source, target, port))
    return graph


def test_a_muted_layer_hands_its_input_on() -> None:
    """Its output is its input, it costs nothing, and what follows sees what came before it."""
    graph = small_graph()
    muted = mute(graph, "conv1")
    inspection = inspect_network(muted)
    source = graph.inputs("conv1")[0].source
    assert inspection.problems == ()
    assert inspection.outputs["conv1"] == inspection.outputs[source]
    assert layer_costs(muted, inspection)["conv1"].weights == 0


def test_the_plan_is_that_of_the_network_without_the_layer() -> None:
    """The same operations and the same weights."""
    graph = small_graph()
    plan, expected = (compile_network(each, 4) for each in (mute(graph, "conv1"), without(graph, "conv1")))
    assert [operation.kind for operation in plan.programs["train"].operations] == [
        operation.kind for operation in expected.programs["train"].operations
    ]
    assert {buffer.name: buffer.shape for buffer in plan.by_role("weight")} == {
        buffer.name: buffer.shape for buffer in expected.by_role("weight")
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_a_split_network_may_have_muted_layers(preset: str) -> None:
    """Of every preset."""
    graph = mute(small_graph(), "conv1")
    split = preset_split(graph, preset, ("A", "B"))  # type: ignore[arg-type]
    assert compile_network(graph, 4, split=split).programs


def test_only_the_first_input_of_several_is_handed_on() -> None:
    """The others end there."""
    graph = LayerGraph()
    for name, kind in (("a", "data"), ("b", "data"), ("sum", "eltsum"), ("fc", "fc")):
        graph.add(name, KINDS[kind]())
    for wire in (Wire("a", "sum", 1), Wire("b", "sum", 2), Wire("sum", "fc")):
        graph.connect(wire)
    assert set(as_run(mute(graph, "sum")).wires()) == {Wire("a", "sum", 0), Wire("sum", "fc")}
    assert as_run(graph) is graph


def test_what_has_nothing_to_hand_on_cannot_be_muted() -> None:
    """Data, labels, costs, and what turns labels into values."""
    assert can_be_muted(Fc)
    assert can_be_muted(Pool())
    refused = [kind for kind, layer in KINDS.items() if not can_be_muted(layer)]
    assert {"data", "labels", "one_hot", "cross_entropy"} <= set(refused)
