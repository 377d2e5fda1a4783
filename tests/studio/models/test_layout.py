"""The automatic layout: nothing overlaps, wires lead downwards, any network can be laid out."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.catalogue import KINDS
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, STEP, free_place, lay_out, snapped
from tests.studio.networks import small_network


def overlaps(places: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    """Return the pairs of cards that lie on each other."""
    return [
        (one, other)
        for one, other in combinations(places, 2)
        if abs(places[one][0] - places[other][0]) < CARD_WIDTH
        and abs(places[one][1] - places[other][1]) < CARD_HEIGHT
    ]


def test_a_chain_is_one_straight_column() -> None:
    """Each layer stands right below its input, on the grid."""
    graph = small_network().graph
    places = lay_out(graph)
    chain = ["data1", "conv1", "pool1", "fc1", "softmax1"]
    assert len({places[name][0] for name in chain}) == 1
    assert all(places[upper][1] < places[lower][1] for upper, lower in pairwise(chain))
    assert places["labels1"][1] == places["softmax1"][1]
    assert all(x % STEP == 0 and y % STEP == 0 for x, y in places.values())


def test_layers_without_wires_stand_below_the_others() -> None:
    """They are in rows, and none is lost."""
    graph = small_network().graph
    for index in range(9):
        graph.add(f"alone{index}", KINDS["neuron"]())
    places = lay_out(graph)
    lowest = max(y for name, (_, y) in places.items() if not name.startswith("alone"))
    assert all(places[f"alone{index}"][1] > lowest for index in range(9))
    assert not overlaps(places)


def test_an_empty_network_has_an_empty_layout() -> None:
    """There is nothing to place."""
    assert lay_out(LayerGraph()) == {}


@settings(max_examples=60, deadline=None)
@given(
    wires=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30),
)
def test_any_network_can_be_laid_out(wires: set[tuple[int, int]]) -> None:
    """Also with circles and layers that feed themselves; no two cards overlap."""
    graph = LayerGraph()
    for index in range(12):
        graph.add(f"layer{index}", KINDS["neuron"]())
    for port, (source, target) in enumerate(sorted(wires)):
        graph.connect(Wire(f"layer{source}", f"layer{target}", port))
    before = graph.wires()
    places = lay_out(graph)
    assert places.keys() == graph.layers().keys()
    assert not overlaps(places)
    assert graph.wires() == before, "the network itself is left alone"


@settings(max_examples=40, deadline=None)
@given(wires=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_wires_lead_downwards_where_there_is_no_circle(wires: set[tuple[int, int]]) -> None:
    """The eye follows the data from top to bottom."""
    graph = LayerGraph()
    for index in range(12):
        graph.add(f"layer{index}", KINDS["neuron"]())
    for port, (source, target) in enumerate(sorted(wires)):
        if source < target:
            graph.connect(Wire(f"layer{source}", f"layer{target}", port))
    places = lay_out(graph)
    assert all(places[wire.source][1] < places[wire.target][1] for wire in graph.wires())


def test_a_free_place_is_beside_what_is_in_the_way() -> None:
    """With some air; a card that lies on no other stays where it was wanted."""
    assert free_place([], (3.0, 5.0)) == (0.0, 8.0)
    x, y = free_place([(0.0, 0.0), (176.0, 32.0)], (0.0, 0.0))
    assert (x, y) == (376.0, 0.0)
    assert free_place([(0.0, 0.0)], (176.0, 0.0)) == (176.0, 0.0)


def test_snapping_goes_to_the_nearest_point_of_the_grid() -> None:
    """Places are multiples of 8 px."""
    assert snapped((11.0, -13.0)) == (8.0, -16.0)
