"""Which inputs the output of a layer may be connected to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Content, Layer
from engine.layers.labels import Labels


def output_content(layer: Layer) -> Content:
    """Return what flows out of a layer, whether or not its shape can be known."""
    return "labels" if isinstance(layer, Labels) else "values"


def can_connect(graph: LayerGraph, wire: Wire) -> bool:
    """Whether a wire would carry what its input takes, and close no circle."""
    source, target = graph[wire.source], graph[wire.target]
    return (
        wire.source != wire.target
        and not source.is_cost
        and wire.port < len(target.inputs)
        and target.inputs[wire.port].content == output_content(source)
        and wire.target not in graph.ancestors(wire.source)
    )


def wires_from(graph: LayerGraph, source: str) -> Iterator[Wire]:
    """Yield every wire that may start at a layer, whether its input is free or not."""
    above = graph.ancestors(source)
    for target, layer in graph.layers().items():
        if target not in above:
            wires = (Wire(source, target, port) for port in range(len(layer.inputs)))
            yield from (wire for wire in wires if can_connect(graph, wire))


def wires_into(graph: LayerGraph, target: str, port: int) -> Iterator[Wire]:
    """Yield every wire that may end at an input."""
    wires = (Wire(source, target, port) for source in graph)
    yield from (wire for wire in wires if can_connect(graph, wire))


def best_wire(graph: LayerGraph, source: str, target: str) -> Wire | None:
    """Return the wire for one layer dropped onto another: into the first free input, else into the first."""
    ports = range(len(graph[target].inputs))
    wires = [wire for wire in (Wire(source, target, port) for port in ports) if can_connect(graph, wire)]
    free = [wire for wire in wires if graph.wire_into(target, wire.port) is None]
    return next(iter(free or wires), None)
