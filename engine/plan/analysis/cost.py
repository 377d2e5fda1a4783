"""What a network costs, layer by layer and in total."""

from __future__ import annotations

from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.validate import Inspection
from engine.layers.base import Cost


def layer_costs(graph: LayerGraph, inspection: Inspection) -> dict[str, Cost]:
    """Return the cost of each layer whose inputs are known, in the order of the graph."""
    costs = {}
    graph = as_run(graph)
    for name, layer in graph.layers().items():
        inputs = inspection.inputs(graph, name)
        if inputs is not None and name in inspection.outputs:
            costs[name] = layer.cost(inputs)
    return costs


def total_cost(costs: dict[str, Cost]) -> Cost:
    """Return the sum of all layers' costs."""
    return sum(costs.values(), Cost())
