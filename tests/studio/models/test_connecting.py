"""Which wires may be drawn."""

from __future__ import annotations

from engine.graph.layer_graph import Wire
from studio.models.connecting import best_wire, can_connect, obstacle, wires_from, wires_into
from tests.studio.networks import small_network


def test_a_wire_may_not_close_a_circle() -> None:
    """Neither directly nor over other layers."""
    graph = small_network().graph
    assert not can_connect(graph, Wire("fc1", "conv1"))
    assert not can_connect(graph, Wire("conv1", "conv1"))
    assert can_connect(graph, Wire("conv1", "fc1"))


def test_labels_go_into_inputs_for_labels_only() -> None:
    """And values into those for values."""
    graph = small_network().graph
    assert list(wires_from(graph, "labels1")) == [Wire("labels1", "cross_entropy1", 1)]
    assert not can_connect(graph, Wire("softmax1", "cross_entropy1", 1))
    assert not can_connect(graph, Wire("cross_entropy1", "fc1"))
    assert not can_connect(graph, Wire("conv1", "data1")), "a data layer has no input"


def test_what_stands_in_the_way_of_a_wire_is_known() -> None:
    """A layer without an input could not be connected even if it came after."""
    graph = small_network().graph
    assert obstacle(graph, "fc1", "conv1") == "circle"
    assert obstacle(graph, "conv1", "data1") == "no input"
    assert obstacle(graph, "conv1", "labels1") == "no input"
    assert obstacle(graph, "labels1", "fc1") == "content"


def test_all_sources_of_an_input_are_found() -> None:
    """They are the layers that do not depend on it."""
    graph = small_network().graph
    assert [wire.source for wire in wires_into(graph, "pool1", 0)] == ["data1", "conv1"]
    assert [wire.source for wire in wires_into(graph, "cross_entropy1", 1)] == ["labels1"]


def test_a_layer_dropped_on_another_goes_into_its_free_input() -> None:
    """Into the first one that fits where none is free; nowhere where none fits."""
    graph = small_network().graph
    assert best_wire(graph, "data1", "pool1") == Wire("data1", "pool1")
    graph.disconnect(Wire("labels1", "cross_entropy1", 1))
    assert best_wire(graph, "labels1", "cross_entropy1") == Wire("labels1", "cross_entropy1", 1)
    assert best_wire(graph, "fc1", "conv1") is None
