"""Where gradients are needed: at and after the layers that learn."""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph.layer_graph import LayerGraph
from engine.layers.base import TensorType


def carrying_layers(graph: LayerGraph, outputs: Mapping[str, TensorType]) -> set[str]:
    """Return the layers at or before which a weight learns, of those whose output is known."""
    carrying: set[str] = set()
    for name in (name for name in graph.order() if name in outputs):
        wires = graph.inputs(name)
        weights = graph[name].weights([outputs[wire.source] for wire in wires])
        learns = any(weight.learning.learns for weight in weights)
        if learns or any(wire.source in carrying for wire in wires):
            carrying.add(name)
    return carrying
