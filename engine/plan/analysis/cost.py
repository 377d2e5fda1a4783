"""What a network costs, layer by layer and in total."""

from __future__ import annotations

from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.validate import Inspection
from engine.layers.base import Cost


def layer_costs(graph: LayerGraph, inspection: Inspection) -> dict[str, Cost]:
    """Return the cost of each layer whose output is known, in the order of the graph."""
    graph, outputs = as_run(graph), inspection.outputs
    return {
        name: layer.cost([outputs[wire.source] for wire in graph.inputs(name)])
        for name, layer in graph.layers().items()
        if name in outputs
    }


def total_cost(costs: dict[str, Cost]) -> Cost:
    """Return the sum of all layers' costs."""
    return sum(costs.values(), Cost())
