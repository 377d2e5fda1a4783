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
    NoGradientError,
    NotProbabilitiesError,
    ShapeMismatchError,
    TooManyInputsError,
    UnusedLayerError,
)
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.learning_flow import carrying_layers
from engine.graph.mute import as_run
from engine.graph.weight_sources import weight_source_problems
from engine.layers.base import Layer, Likelihood, ShapeRuleError, TensorType
from engine.layers.data import Data
from engine.layers.labels import Labels
from engine.words import Words

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
        """Return the types that reach a layer of a graph as it is run, or None where one is not known."""
        wires = graph.inputs(name)
        if wire_problems(name, graph[name], wires) or any(wire.source not in self.outputs for wire in wires):
            return None
        return tuple(self.outputs[wire.source] for wire in wires)


def inspect_network(graph: LayerGraph) -> Inspection:
    """Infer all shapes and collect all problems at once. Never raises for what a user can draw.

    Muted layers hand on what they get.
    """
    graph = as_run(graph)
    problems: list[NetworkError] = [
        CycleError(layers=tuple(circle), path=" → ".join([*circle, circle[0]])) for circle in graph.cycles()
    ]
    for name, layer in graph.layers().items():
        problems += wire_problems(name, layer, graph.inputs(name))
    outputs, shape_problems = infer_shapes(graph)
    problems += shape_problems
    problems += _lost_gradients(graph, outputs)
    problems += _no_probabilities(graph, outputs)
    problems += weight_source_problems(graph, outputs)
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
        if wire_problems(name, layer, wires) or any(wire.source not in outputs for wire in wires):
            continue
        inputs = [outputs[wire.source] for wire in wires]
        try:
            _check_contents(layer, wires, inputs)
            outputs[name] = layer.output(inputs)
        except ShapeRuleError as error:
            problems.append(
                ShapeMismatchError(
                    layer=name,
                    expected=error.expected,
                    found=str(inputs[error.port]),
                    source=wires[error.port].source,
                    hint=error.hint,
                    port=wires[error.port].port,
                )
            )
    return outputs, problems


def wire_problems(name: str, layer: Layer, wires: list[Wire]) -> list[NetworkError]:
    """Return what is wrong with the number of wires into a layer."""
    problems: list[NetworkError] = []
    numbers = {wire.port for wire in wires}
    for index, port in enumerate(layer.inputs):
        taken = sum(number >= index for number in numbers) if port.many else int(index in numbers)
        if taken < port.least:
            free = next(number for number in range(index, index + port.least) if number not in numbers)
            problems.append(MissingInputError(layer=name, port=port.title, index=free))
    if any(layer.port(number) is None for number in numbers):
        problems.append(TooManyInputsError(layer=name, expected=len(layer.inputs), found=len(numbers)))
    return problems


def _check_contents(layer: Layer, wires: list[Wire], inputs: list[TensorType]) -> None:
    for index, (wire, found) in enumerate(zip(wires, inputs, strict=True)):
        expected = layer.port(wire.port)
        if expected is not None and expected.content != found.content:
            raise ShapeRuleError(
                index,
                Words("{content} at {port}", content=Words(expected.content), port=expected.title),
                Words("Connect {content} here.", content=Words(expected.content)),
            )


def _lost_gradients(graph: LayerGraph, outputs: dict[str, TensorType]) -> list[NetworkError]:
    """Inputs that hand no gradient back, although a layer before them learns."""
    carrying = carrying_layers(graph, outputs)
    return [
        NoGradientError(layer=name, port=wire.port, input=port.title, source=wire.source)
        for name in graph.order()
        if name in outputs
        for wire in graph.inputs(name)
        for port in [graph[name].port(wire.port)]
        if port is not None and not port.gradient and wire.source in carrying
    ]


_LIKELIHOOD_HINTS = {
    Likelihood.EACH: "Give {source} a logistic neuron, or put a softmax layer between them.",
    Likelihood.TOGETHER: "Put a softmax layer between them.",
}


def _no_probabilities(graph: LayerGraph, outputs: dict[str, TensorType]) -> list[NetworkError]:
    """Inputs that take probabilities, and are given what need not be. Source: cuda-convnet, layer.py."""
    problems: list[NetworkError] = []
    found: dict[str, Likelihood] = {}
    for name in (name for name in graph.order() if name in outputs):
        layer, wires = graph[name], graph.inputs(name)
        for wire in wires:
            port = layer.port(wire.port)
            if port is not None and found[wire.source] < port.likelihood:
                hint = Words(_LIKELIHOOD_HINTS[port.likelihood], source=wire.source)
                problems.append(
                    NotProbabilitiesError(layer=name, port=wire.port, source=wire.source, hint=hint)
                )
        found[name] = layer.likelihood([found[wire.source] for wire in wires])
    return problems


def _unused(graph: LayerGraph) -> list[NetworkError]:
    """Layers but costs whose output nothing takes; those before them need not be told of."""
    layers = graph.layers()
    if not any(layer.is_cost for layer in layers.values()):
        return []
    return [
        UnusedLayerError(layer=name)
        for name, layer in layers.items()
        if not layer.is_cost and not graph.outputs(name)
    ]
