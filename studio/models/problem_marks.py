"""Where on the canvas each problem of a network is marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from engine.errors import CycleError, NetworkError, NotProbabilitiesError, ShapeMismatchError
from engine.graph.layer_graph import LayerGraph, Wire


@dataclass(frozen=True)
class ProblemMarks:
    """Problems by the layer and by the wire at which they show."""

    layers: dict[str, list[NetworkError]] = field(default_factory=dict)
    wires: dict[Wire, NetworkError] = field(default_factory=dict)


def mark_problems(graph: LayerGraph, problems: Iterable[NetworkError]) -> ProblemMarks:
    """Sort problems by the layers and wires of the graph that they are at."""
    marks = ProblemMarks()
    for problem in problems:
        for layer in problem.layers:
            marks.layers.setdefault(layer, []).append(problem)
        for wire in _wires(graph, problem):
            marks.wires.setdefault(wire, problem)
    return marks


def _wires(graph: LayerGraph, problem: NetworkError) -> list[Wire]:
    if isinstance(problem, ShapeMismatchError | NotProbabilitiesError):
        layer, port = str(problem.fields["layer"]), problem.fields["port"]
        return [wire for wire in graph.inputs(layer) if wire.port == port]
    if isinstance(problem, CycleError):
        steps = set(pairwise([*problem.layers, problem.layers[0]]))
        return [wire for wire in graph.wires() if (wire.source, wire.target) in steps]
    return []
