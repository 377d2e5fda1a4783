"""Infers what a network computes: the type of every output, its weights, and where gradients must flow."""

from __future__ import annotations

from dataclasses import dataclass

from engine.graph.layer_graph import LayerGraph
from engine.graph.validate import check_network
from engine.layers.base import Layer, TensorType, WeightSpec


@dataclass(frozen=True)
class InferredLayer:
    """A layer with all that follows from its place in the network.

    ``carries_gradient`` tells whether a weight that learns lies at or before it: only then does its output
    need a gradient.
    """

    name: str
    layer: Layer
    sources: tuple[str, ...]
    inputs: tuple[TensorType, ...]
    output: TensorType
    weights: tuple[WeightSpec, ...]
    carries_gradient: bool


def infer(graph: LayerGraph) -> dict[str, InferredLayer]:
    """Return the inferred layers by name, each after its inputs.

    Raises InvalidNetworkError with all problems where the network is not valid.
    """
    outputs = check_network(graph).outputs
    inferred: dict[str, InferredLayer] = {}
    for name in graph.order():
        layer = graph[name]
        sources = tuple(wire.source for wire in graph.inputs(name))
        inputs = tuple(outputs[source] for source in sources)
        weights = layer.weights(inputs)
        learns = any(weight.learning.learns for weight in weights)
        inferred[name] = InferredLayer(
            name=name,
            layer=layer,
            sources=sources,
            inputs=inputs,
            output=outputs[name],
            weights=weights,
            carries_gradient=learns or any(inferred[source].carries_gradient for source in sources),
        )
    return inferred
