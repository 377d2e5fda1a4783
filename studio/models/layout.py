"""Places layers on the canvas: inputs at the top, costs at the bottom, few crossing wires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import NetworkFile
from studio.models.edits import Position

CARD_WIDTH = 176
CARD_HEIGHT = 64
"""Size of a layer's card, px."""
COLUMN = CARD_WIDTH + 96
ROW = CARD_HEIGHT + 40
AIR = 24
"""Between a card and one that makes way for it, px."""
"""Distance of cards side by side, and one below the other, px.

A wire past a card is half a column from the card's middle, which leaves room for the pill on it.
"""
STEP = 8
"""Positions are multiples of this, px."""

LIMIT = 100_000.0
"""Half the side of the canvas, px."""

_ALONE_IN_A_ROW = 4
_TRIES = 8
_FEW = 100
"""Networks of at most so many wires are drawn some times, and the best drawing is taken."""


def snapped(position: Position) -> Position:
    """Return the nearest place on the grid."""
    x, y = position
    return float(round(x / STEP) * STEP), float(round(y / STEP) * STEP)


def free_place(taken: Iterable[Position], wanted: Position) -> Position:
    """Return ``wanted``, or where a card would overlap others there, the place beside them to the right."""
    x, y = snapped(wanted)
    others = [other_x for other_x, other_y in taken if abs(other_y - y) < CARD_HEIGHT]
    if any(abs(other - x) < CARD_WIDTH for other in others):
        while any(abs(other - x) < CARD_WIDTH + AIR for other in others):
            x += STEP
    return x, y


def lay_out(graph: LayerGraph) -> dict[str, Position]:
    """Return a place for the upper left corner of each layer's card."""
    positions = _layered(graph)
    lowest = max((y for _, y in positions.values()), default=-float(ROW))
    for index, name in enumerate(name for name in graph if name not in positions):
        row, column = divmod(index, _ALONE_IN_A_ROW)
        positions[name] = (float(column * COLUMN), lowest + (row + 1) * ROW)
    return positions


def _layered(graph: LayerGraph) -> dict[str, Position]:
    """Return places for the layers that have wires, level below level."""
    edges = sorted({(wire.source, wire.target) for wire in _without_circles(graph).wires()})
    if not edges:
        return {}
    drawings = [_components(edges) for _ in range(_TRIES if len(edges) <= _FEW else 1)]
    best: dict[frozenset[str], dict[str, Position]] = {}
    for places in (drawn for drawing in drawings for component in drawing for drawn in _both_ways(component)):
        names = frozenset(places)
        if names not in best or _badness(graph, places) < _badness(graph, best[names]):
            best[names] = places
    return _side_by_side(graph, best)


def _components(edges: list[tuple[str, str]]) -> list[dict[str, Position]]:
    """Return each connected part of the network, drawn by itself, with the first level at 0."""
    from fast_sugiyama import from_edges

    layouts = from_edges(edges, dummy_vertices=True, vertex_spacing=COLUMN)
    # Invisible points along long wires have numbers for names.
    return [
        {name: (x, (height - y) * ROW / COLUMN) for name, (x, y) in places if isinstance(name, str)}
        for places, _, height, _ in layouts
    ]


def _both_ways(places: dict[str, Position]) -> list[dict[str, Position]]:
    """Return a drawing and its mirror image, both beginning at the left edge."""
    left, right = min(x for x, _ in places.values()), max(x for x, _ in places.values())
    return [
        {name: (x - left, y) for name, (x, y) in places.items()},
        {name: (right - x, y) for name, (x, y) in places.items()},
    ]


def _badness(graph: LayerGraph, places: dict[str, Position]) -> tuple[int, list[float]]:
    """Return how many wires cross on their way into one layer; after that, early layers go to the left.

    fast-sugiyama does not know of ports, and settles ties by chance.
    """
    crossings = sum(
        places[one.source][0] > places[other.source][0]
        for name in places
        for one, other in combinations(graph.inputs(name), 2)
        if one.source in places and other.source in places
    )
    return crossings, [places[name][0] for name in graph if name in places]


def _side_by_side(
    graph: LayerGraph, components: Mapping[frozenset[str], dict[str, Position]]
) -> dict[str, Position]:
    """Return the places of all parts in one drawing, in the order of their first layers."""
    order = {name: index for index, name in enumerate(graph)}
    positions: dict[str, Position] = {}
    left = 0.0
    for names in sorted(components, key=lambda names: min(order[name] for name in names)):
        for name, (x, y) in components[names].items():
            positions[name] = snapped((left + x, y))
        left = max(x for x, _ in positions.values()) + COLUMN
    return {name: positions[name] for name in graph if name in positions}


def _without_circles(graph: LayerGraph) -> LayerGraph:
    """Return a copy without one wire of each circle, at which fast-sugiyama would end the program."""
    graph = graph.copy()
    while circles := graph.cycles():
        for circle in circles:
            for wire in graph.inputs(circle[0]):
                if wire.source == circle[-1]:
                    graph.disconnect(wire)
    return graph


def place_new(network: NetworkFile) -> None:
    """Give a place to every layer that has none on the canvas; forget those of layers that are not there.

    Layers that have a place keep it, and the others are laid out below them.
    """
    places = {
        name: (x, y)
        for name, (x, y) in network.positions.items()
        if name in network.graph and max(abs(x), abs(y)) < LIMIT
    }
    without = [name for name in network.graph if name not in places]
    if without:
        proposed = lay_out(network.graph)
        start = max((y for _, y in places.values()), default=-float(ROW)) + ROW
        highest = min(proposed[name][1] for name in without)
        for name in without:
            x, y = proposed[name]
            places[name] = (x, y - highest + start)
    network.positions = places
