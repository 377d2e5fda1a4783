"""After the layout no wire crosses a card that it does not belong to."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPointF

from engine.graph.examples import example_names, load_example
from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.catalogue import KINDS
from studio.models.layout import CARD_HEIGHT, CARD_WIDTH, lay_out
from studio.qt.canvas.ports import PortRef, input_of, port_place
from studio.qt.canvas.routes import curve, places_of, route

_SAMPLES = 120


def crossings(graph: LayerGraph) -> list[tuple[Wire, str]]:
    """Return each wire with each card that it crosses, after the layout."""
    positions = lay_out(graph)
    cards = places_of(positions.values())
    found = []
    for wire in graph.wires():
        start = QPointF(*positions[wire.source]) + port_place(
            graph[wire.source], PortRef(wire.source, "output")
        )
        end = QPointF(*positions[wire.target]) + port_place(graph[wire.target], input_of(graph, wire))
        path = route(start, end, cards)
        points = [path.pointAtPercent(index / _SAMPLES) for index in range(_SAMPLES + 1)]
        for name, (x, y) in positions.items():
            if name not in (wire.source, wire.target) and any(
                x < point.x() < x + CARD_WIDTH and y < point.y() < y + CARD_HEIGHT for point in points
            ):
                found.append((wire, name))
    return found


@pytest.mark.parametrize("name", example_names())
def test_no_wire_of_an_example_lies_over_a_card(name: str) -> None:
    assert crossings(load_example(name).graph) == []


@pytest.mark.parametrize("seed", range(8))
def test_no_wire_of_a_network_with_shortcuts_lies_over_a_card(seed: int) -> None:
    """Shortcuts over any number of layers."""
    chance, graph = random.Random(seed), LayerGraph()
    graph.add("data", KINDS["data"]())
    names = ["data"]
    for number in range(24):
        name = f"layer{number}"
        graph.add(name, KINDS["eltsum"]())
        sources = dict.fromkeys([names[-1], chance.choice(names)])
        for port, source in enumerate(sources):
            graph.connect(Wire(source, name, port))
        names.append(name)
    assert crossings(graph) == []


def test_a_wire_with_nothing_in_its_way_is_a_plain_curve() -> None:
    """Whatever cards lie elsewhere."""
    start, end = QPointF(88, 64), QPointF(88, 400)
    assert route(start, end, places_of([(300, 150), (-300, 150)])) == curve(start, end)
    around = route(start, end, places_of([(0, 150)]))
    assert around != curve(start, end)
    assert max(around.boundingRect().right() - 176, 0 - around.boundingRect().left()) > 8
