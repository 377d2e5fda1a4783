"""Places layers on the canvas: inputs at the top, costs at the bottom, few crossing wires."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import NetworkFile
from studio.models.edits import Position

CARD_WIDTH = 176
CARD_HEIGHT = 64
"""Size of a layer's card, px."""
COLUMN = CARD_WIDTH + 48
ROW = CARD_HEIGHT + 40
"""Distance of cards side by side, and one below the other, px."""
STEP = 8
"""Positions are multiples of this, px."""

LIMIT = 100_000.0
"""Half the side of the canvas, px."""

_ALONE_IN_A_ROW = 4


def snapped(position: Position) -> Position:
    """Return the nearest place on the grid."""
    x, y = position
    return float(round(x / STEP) * STEP), float(round(y / STEP) * STEP)


def free_place(taken: Iterable[Position], wanted: Position) -> Position:
    """Return the place nearest to the right of ``wanted`` at which a card overlaps none of the others."""
    x, y = snapped(wanted)
    others = [(other_x, other_y) for other_x, other_y in taken if abs(other_y - y) < CARD_HEIGHT]
    while any(abs(other_x - x) < CARD_WIDTH for other_x, _ in others):
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
    from fast_sugiyama import from_edges

    edges = sorted({(wire.source, wire.target) for wire in _without_circles(graph).wires()})
    if not edges:
        return {}
    positions: dict[str, Position] = {}
    left = 0.0
    for component, _, height, _ in from_edges(edges, dummy_vertices=True, vertex_spacing=COLUMN):
        # Invisible points along long wires have numbers for names.
        places = {name: place for name, place in component if isinstance(name, str)}
        start = min(x for x, _ in places.values())
        for name, (x, y) in places.items():
            positions[name] = snapped((left + x - start, (height - y) * ROW / COLUMN))
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
