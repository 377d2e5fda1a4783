"""Which inputs the output of a layer may be connected to.

A slot is the place of a port among its layer's; wires are numbered, and a port of many wires takes all
numbers from its own on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Content, Layer
from engine.layers.labels import Labels


def output_content(layer: Layer) -> Content:
    """Return what flows out of a layer, whether or not its shape can be known."""
    return "cost" if layer.is_cost else "labels" if isinstance(layer, Labels) else "values"


def slot_of(layer: Layer, number: int) -> int:
    """Return the slot that wire ``number`` enters; the last one for a wire too many."""
    return max(0, min(number, len(layer.inputs) - 1))


def number_for(graph: LayerGraph, target: str, slot: int) -> int:
    """Return the number of a new wire into a slot: the first free one where the port takes many wires."""
    number = slot
    if graph[target].inputs[slot].many:
        taken = {wire.port for wire in graph.inputs(target)}
        while number in taken:
            number += 1
    return number


def last_wire_into(graph: LayerGraph, target: str, slot: int) -> Wire | None:
    """Return the wire into a slot that has the highest number, if there is one."""
    wires = [wire for wire in graph.inputs(target) if slot_of(graph[target], wire.port) == slot]
    return wires[-1] if wires else None


def can_connect(graph: LayerGraph, wire: Wire) -> bool:
    """Whether a wire would carry what its input takes, and close no circle."""
    port = graph[wire.target].port(wire.port)
    return (
        port is not None
        and port.content == output_content(graph[wire.source])
        and wire.source != wire.target
        and wire.target not in graph.ancestors(wire.source)
    )


Obstacle = Literal["circle", "no input", "content"]


def obstacle(graph: LayerGraph, source: str, target: str) -> Obstacle:
    """Return why no wire may lead from one layer into another, where none may."""
    if not graph[target].inputs:
        return "no input"
    return "circle" if source == target or target in graph.ancestors(source) else "content"


def wires_from(graph: LayerGraph, source: str) -> Iterator[Wire]:
    """Yield a wire into each input that a layer may be connected to, whether the input is free or not."""
    above = graph.ancestors(source)
    for target in graph:
        if target not in above:
            yield from _wires(graph, source, target)


def wires_into(graph: LayerGraph, target: str, slot: int) -> Iterator[Wire]:
    """Yield a wire from each layer that may be connected to an input."""
    number = number_for(graph, target, slot)
    wires = (Wire(source, target, number) for source in graph)
    yield from (wire for wire in wires if can_connect(graph, wire))


def best_wire(graph: LayerGraph, source: str, target: str) -> Wire | None:
    """Return the wire for one layer dropped onto another: into the first free input, else into the first."""
    wires = _wires(graph, source, target)
    free = [wire for wire in wires if graph.wire_into(target, wire.port) is None]
    return next(iter(free or wires), None)


def _wires(graph: LayerGraph, source: str, target: str) -> list[Wire]:
    slots = range(len(graph[target].inputs))
    wires = [Wire(source, target, number_for(graph, target, slot)) for slot in slots]
    return [wire for wire in wires if can_connect(graph, wire)]
