"""Finds everything that is wrong with a network, and the type of every output that can be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import (
    CycleError,
    IncompleteNetworkError,
    InvalidNetworkError,
    MissingInputError,
    NetworkError,
    ShapeMismatchError,
    TooManyInputsError,
    UnusedLayerError,
)
from engine.graph.layer_graph import LayerGraph
from engine.layers.base import Layer, ShapeRuleError, TensorType
from engine.layers.data import Data
from engine.layers.labels import Labels

_NEEDED: tuple[tuple[str, Callable[[Layer], bool]], ...] = (
    ("data", lambda layer: isinstance(layer, Data)),
    ("labels", lambda layer: isinstance(layer, Labels)),
    ("cost", lambda layer: layer.is_cost),
)


@dataclass(frozen=True)
class Inspection:
    """What inspecting a network found: the output of each layer that has one, and all problems."""

    outputs: dict[str, TensorType] = field(default_factory=dict)
    problems: tuple[NetworkError, ...] = ()

    def inputs(self, graph: LayerGraph, name: str) -> tuple[TensorType, ...] | None:
        """Return the types that reach a layer, or None where one of them is not known."""
        sources = [wire.source for wire in graph.inputs(name)]
        if len(sources) != len(graph[name].inputs) or any(source not in self.outputs for source in sources):
            return None
        return tuple(self.outputs[source] for source in sources)


def inspect_network(graph: LayerGraph) -> Inspection:
    """Infer all shapes and collect all problems at once. Never raises for what a user can draw."""
    problems: list[NetworkError] = [
        CycleError(layers=tuple(circle), path=" → ".join([*circle, circle[0]])) for circle in graph.cycles()
    ]
    problems += _input_problems(graph)
    outputs, shape_problems = infer_shapes(graph)
    problems += shape_problems
    problems += _unused(graph)
    layers = graph.layers().values()
    problems += [
        IncompleteNetworkError(layers=(), missing=missing)
        for missing, is_it in _NEEDED
        if not any(map(is_it, layers))
    ]
    return Inspection(outputs, tuple(problems))


def check_network(graph: LayerGraph) -> Inspection:
    """Inspect a network; raise InvalidNetworkError with all problems if there are any."""
    inspection = inspect_network(graph)
    if inspection.problems:
        raise InvalidNetworkError(inspection.problems)
    return inspection


def infer_shapes(graph: LayerGraph) -> tuple[dict[str, TensorType], list[NetworkError]]:
    """Return the output type of each layer whose inputs are known and fit, and the mismatches."""
    outputs: dict[str, TensorType] = {}
    problems: list[NetworkError] = []
    for name in graph.order():
        layer = graph[name]
        wires = graph.inputs(name)
        if [wire.port for wire in wires] != list(range(len(layer.inputs))):
            continue
        if any(wire.source not in outputs for wire in wires):
            continue
        inputs = [outputs[wire.source] for wire in wires]
        try:
            _check_contents(layer, inputs)
            outputs[name] = layer.output(inputs)
        except ShapeRuleError as error:
            problems.append(
                ShapeMismatchError(
                    layer=name,
                    expected=error.expected,
                    found=str(inputs[error.port]),
                    source=wires[error.port].source,
                    hint=error.hint,
                    port=error.port,
                )
            )
    return outputs, problems


def _check_contents(layer: Layer, inputs: list[TensorType]) -> None:
    for port, (expected, found) in enumerate(zip(layer.inputs, inputs, strict=True)):
        if expected.content != found.content:
            raise ShapeRuleError(
                port, f"{expected.content} at {expected.title}", f"Connect {expected.content} here."
            )


def _input_problems(graph: LayerGraph) -> list[NetworkError]:
    problems: list[NetworkError] = []
    for name, layer in graph.layers().items():
        ports = {wire.port for wire in graph.inputs(name)}
        problems += [
            MissingInputError(layer=name, port=port.title, index=index)
            for index, port in enumerate(layer.inputs)
            if index not in ports
        ]
        if any(port >= len(layer.inputs) for port in ports):
            problems.append(TooManyInputsError(layer=name, expected=len(layer.inputs), found=len(ports)))
    return problems


def _unused(graph: LayerGraph) -> list[NetworkError]:
    """Layers that no cost depends on."""
    costs = [name for name, layer in graph.layers().items() if layer.is_cost]
    if not costs:
        return []
    used = set(costs).union(*(graph.ancestors(cost) for cost in costs))
    return [UnusedLayerError(layer=name) for name in graph if name not in used]
