"""Muting: a muted layer stays in the drawing, and hands its first input on.

The inputs of a layer that joins several are equal, and any of them may be left open: the first one is the
first that has a wire, as it is for the layer when it works.
"""

from __future__ import annotations

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.base import Layer
from engine.layers.pass_on import PassOn


def can_be_muted(layer: type[Layer] | Layer) -> bool:
    """Whether there is something that a layer could hand on instead of what it computes."""
    return bool(layer.inputs) and layer.inputs[0].content == "values" and not layer.is_cost


def as_run(graph: LayerGraph) -> LayerGraph:
    """Return the network that is trained: each muted layer is one that hands its first input on."""
    muted = [name for name, layer in graph.layers().items() if layer.muted]
    if not muted:
        return graph
    graph = graph.copy()
    for name in muted:
        wires = graph.inputs(name)
        for wire in wires:
            graph.disconnect(wire)
        graph.replace(name, PassOn())
        if wires:
            graph.connect(Wire(wires[0].source, name))
    return graph
