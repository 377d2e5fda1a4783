"""Editing the graph, and its orders and circles."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.layer_graph import LayerGraph, Wire, is_layer_name
from engine.layers.catalogue import CrossEntropy, Fc, Labels, Neuron
from tests.graph.networks import drawn_graphs, small_graph

NEURONS = st.builds(Neuron)


def graph_of(names: str, *wires: str) -> LayerGraph:
    """Return a graph of neurons called by one letter; "ab1" is a wire from a into input 1 of b."""
    graph = LayerGraph()
    for name in names:
        graph.add(name, Neuron())
    for source, target, *port in wires:
        graph.connect(Wire(source, target, int(port[0]) if port else 0))
    return graph


def test_layers_keep_the_order_in_which_they_were_added() -> None:
    graph = graph_of("cab")
    graph.add("x", Fc(), index=1)
    graph.add("y", Fc(), index=0)
    assert list(graph) == ["y", "c", "x", "a", "b"]
    assert len(graph) == 5


def test_adding_at_an_index_keeps_the_wires() -> None:
    graph = graph_of("abc", "ab", "cb1", "ca3")
    wires = set(graph.wires())
    graph.add("x", Fc(), index=0)
    assert set(graph.wires()) == wires


def test_a_taken_name_cannot_be_added() -> None:
    with pytest.raises(KeyError):
        graph_of("a").add("a", Fc())


def test_an_input_holds_one_wire_and_an_output_any_number() -> None:
    graph = graph_of("abc", "ab", "ac", "bc1")
    with pytest.raises(KeyError):
        graph.connect(Wire("c", "b"))
    assert graph.wire_into("b", 0) == Wire("a", "b")
    assert graph.wire_into("b", 1) is None
    assert set(graph.outputs("a")) == {Wire("a", "b"), Wire("a", "c")}


def test_two_wires_may_run_between_the_same_layers() -> None:
    graph = graph_of("ab", "ab", "ab1")
    assert graph.inputs("b") == [Wire("a", "b", 0), Wire("a", "b", 1)]
    graph.disconnect(Wire("a", "b", 0))
    assert graph.wires() == [Wire("a", "b", 1)]


def test_inputs_come_in_the_order_of_their_ports() -> None:
    graph = graph_of("abcd", "ad2", "bd0", "cd1")
    assert [wire.source for wire in graph.inputs("d")] == ["b", "c", "a"]


@pytest.mark.parametrize("wire", [Wire("a", "x"), Wire("x", "a")])
def test_a_wire_needs_both_of_its_layers(wire: Wire) -> None:
    with pytest.raises(KeyError):
        graph_of("a").connect(wire)


def test_renaming_keeps_place_settings_and_wires() -> None:
    graph = graph_of("abc", "ab", "bc", "bb1")
    graph.replace("b", Fc(outputs=3))
    graph.rename("b", "fc1")
    assert graph.layers() == {"a": Neuron(), "fc1": Fc(outputs=3), "c": Neuron()}
    assert list(graph) == ["a", "fc1", "c"]
    assert set(graph.wires()) == {Wire("a", "fc1"), Wire("fc1", "c"), Wire("fc1", "fc1", 1)}
    graph.rename("fc1", "fc1")
    assert list(graph) == ["a", "fc1", "c"]


@pytest.mark.parametrize(("old", "new"), [("a", "b"), ("x", "y"), ("x", "a")])
def test_renaming_needs_a_layer_and_a_free_name(old: str, new: str) -> None:
    graph = graph_of("ab", "ab")
    with pytest.raises(KeyError):
        graph.rename(old, new)
    assert graph == graph_of("ab", "ab")


def test_replacing_keeps_the_wires() -> None:
    graph = graph_of("abc", "ab", "bc")
    graph.replace("b", Fc(outputs=7))
    assert graph["b"] == Fc(outputs=7)
    assert set(graph.wires()) == {Wire("a", "b"), Wire("b", "c")}


def test_removing_a_layer_removes_its_wires() -> None:
    graph = graph_of("abc", "ab", "bc", "ac1")
    graph.remove("b")
    assert list(graph) == ["a", "c"]
    assert graph.wires() == [Wire("a", "c", 1)]


@pytest.mark.parametrize(
    "edit",
    [
        lambda graph: graph.replace("x", Fc()),
        lambda graph: graph.remove("x"),
        lambda graph: graph.disconnect(Wire("a", "b")),
    ],
)
def test_editing_what_is_not_there_is_a_key_error(edit: Callable[[LayerGraph], None]) -> None:
    with pytest.raises(KeyError):
        edit(graph_of("ab"))


def test_a_copy_is_independent() -> None:
    graph = small_graph()
    twin = graph.copy()
    assert twin == graph
    twin.remove("conv1")
    twin.replace("fc10", Fc(outputs=3))
    assert graph == small_graph()


def test_graphs_differ_by_layers_wires_or_order() -> None:
    """The order counts, since starting weights are numbered in it."""
    assert graph_of("ab", "ab") == graph_of("ab", "ab")
    assert graph_of("ab") != graph_of("ba")
    assert graph_of("ab", "ab") != graph_of("ab")
    assert graph_of("ab", "ab") != graph_of("ab", "ab1")
    assert graph_of("a") != "a"


def test_free_names_count_from_one() -> None:
    graph = LayerGraph()
    for name in ("conv1", "conv3"):
        graph.add(name, Fc())
    assert (graph.free_name("conv"), graph.free_name("fc")) == ("conv2", "fc1")


def test_the_order_puts_layers_after_their_inputs_and_else_keeps_theirs() -> None:
    assert graph_of("dcba", "ab", "cb1").order() == ["d", "c", "a", "b"]


def test_circles_and_what_they_feed_are_not_in_the_order() -> None:
    assert graph_of("abcd", "bc", "cb", "cd").order() == ["a"]
    assert graph_of("ab", "aa", "ab").order() == []


def test_a_layer_that_feeds_itself_is_a_circle() -> None:
    assert graph_of("ab", "aa", "ab").cycles() == [["a"]]


def test_each_group_of_layers_in_a_circle_is_told_once_from_its_first_layer_on() -> None:
    graph = graph_of("abcdefg", "bc", "cd", "db", "bb1", "fe", "ef", "ab2", "ag")
    assert graph.cycles() == [["b", "c", "d"], ["b"], ["e", "f"]]


def test_circles_are_told_in_one_way_however_names_hash() -> None:
    """Two circles through a: the shorter one is told."""
    graph = graph_of("abcdefgh", "ab", "bc", "ca", "cd1", "da1")
    assert graph.cycles() == [["a", "b", "c"]]


@given(drawn_graphs(NEURONS), st.lists(st.integers(0, 4), max_size=8), st.randoms(use_true_random=False))
def test_what_was_asked_for_before_holds_after_every_change(
    graph: LayerGraph, changes: list[int], chance: Random
) -> None:
    """A graph that was asked all along tells the same as one that is asked for the first time."""
    for number, change in enumerate(changes):
        names, wires = list(graph), graph.wires()
        _ask_all(graph)
        if change == 0 or not names:
            graph.add(f"new{number}", Neuron(), chance.randint(0, len(names)))
        elif change == 1:
            graph.remove(chance.choice(names))
        elif change == 2:
            graph.rename(chance.choice(names), f"other{number}")
        elif change == 3:
            graph.connect(Wire(chance.choice(names), chance.choice(names), 100 + number))
        elif wires:
            graph.disconnect(chance.choice(wires))
        assert _ask_all(graph) == _ask_all(graph.copy())


def _ask_all(graph: LayerGraph) -> list[list[str] | list[Wire]]:
    """Return all that is kept once it was asked for, and empty what was told, as whoever asked may."""
    lists = [*map(graph.inputs, graph), *map(graph.outputs, graph)]
    order = graph.order()
    told = [list(order), *(sorted(wires) for wires in lists)]
    for each in (order, *lists):
        each.clear()
    return told


@given(drawn_graphs(NEURONS))
def test_order_and_circles_agree_with_their_definitions(graph: LayerGraph) -> None:
    """Reachability by brute force is the oracle."""
    reach = {name: {wire.target for wire in graph.outputs(name)} for name in graph}
    for middle, source in itertools.product(graph, graph):
        if middle in reach[source]:
            reach[source] |= reach[middle]
    looped = {name for name in graph if name in reach[name]}
    stuck = looped | {target for name in looped for target in reach[name]}
    order = graph.order()
    assert set(order) == set(graph) - stuck
    for wire in graph.wires():
        if wire.target in order:
            assert order.index(wire.source) < order.index(wire.target)
    circles = graph.cycles()
    for circle in circles:
        steps = zip(circle, [*circle[1:], circle[0]], strict=True)
        assert all(any(wire.target == target for wire in graph.outputs(source)) for source, target in steps)
        assert len(set(circle)) == len(circle)
    together = {frozenset(b for b in looped if b in reach[a] and a in reach[b]) for a in looped}
    for group in together:
        assert sum(circle[0] in group and len(circle) > 1 for circle in circles) == (len(group) > 1)
    for name in graph:
        assert graph.ancestors(name) == {other for other in graph if name in reach[other]} - {name}


@pytest.mark.parametrize(
    "name", ["conv1", "1", "a-b_c", "фильтр", "畳み込み層", "é", "e\u0301", "हिन्दी", "x" * 64, "-", "_"]
)
def test_names_of_any_script_are_taken(name: str) -> None:
    assert is_layer_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a.b", "a/b", "a\n", "\ud800", "½", "a\0", "💡", "x" * 65, None, 1, ["a"], b"a"]
)
def test_other_names_are_refused(name: object) -> None:
    assert not is_layer_name(name)


def test_labels_and_costs_are_ordinary_layers_of_a_graph() -> None:
    graph = LayerGraph()
    graph.add("labels", Labels())
    graph.add("loss", CrossEntropy())
    graph.connect(Wire("labels", "loss", 1))
    assert graph.inputs("loss") == [Wire("labels", "loss", 1)]
