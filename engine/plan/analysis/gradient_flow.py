"""Which wires carry a gradient back, as the compiled plan has it."""

from __future__ import annotations

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.learning_flow import carrying_layers
from engine.graph.mute import as_run
from engine.graph.validate import Inspection


def gradient_wires(graph: LayerGraph, inspection: Inspection) -> set[Wire]:
    """Return the wires along which values go forward and gradients come back; along others only values go.

    A gradient comes from a cost, and is computed only where a weight that learns lies at or before the wire.
    """
    run = as_run(graph)
    carrying = carrying_layers(run, inspection.outputs)
    costs = [name for name, layer in run.layers().items() if layer.is_cost]
    used = set(costs).union(*(run.ancestors(cost) for cost in costs))
    found = set()
    for name in used & inspection.outputs.keys() if costs else ():
        for wire, drawn in zip(run.inputs(name), graph.inputs(name), strict=False):
            port = run[name].port(wire.port)
            if port is not None and port.gradient and port.content == "values" and wire.source in carrying:
                found.add(drawn)
    return found
