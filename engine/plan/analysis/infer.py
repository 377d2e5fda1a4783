"""Infers what a network computes: the type of every output, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.validate import check_network
from engine.layers.base import Layer, TensorType, WeightSpec


@dataclass(frozen=True)
class InferredLayer:
    """A layer with all that follows from its place in the network."""

    name: str
    layer: Layer
    sources: tuple[str, ...]
    inputs: tuple[TensorType, ...]
    output: TensorType
    weights: tuple[WeightSpec, ...]

    @property
    def named_weights(self) -> dict[str, WeightSpec]:
        """The layer's own weights by the names of their buffers, such as "conv1.weights"."""
        return {self.buffer(weight): weight for weight in self.weights if not weight.source}

    def buffer(self, weight: WeightSpec) -> str:
        """Return the name of the buffer of one of ``weights``, which may be another layer's."""
        return weight.source or f"{self.name}.{weight.name}"


def infer(graph: LayerGraph) -> dict[str, InferredLayer]:
    """Return the inferred layers by name, each after its inputs.

    Raises InvalidNetworkError with all problems where the network is not valid.
    """
    graph = as_run(graph)
    outputs = check_network(graph).outputs
    inferred: dict[str, InferredLayer] = {}
    for name in graph.order():
        layer = graph[name]
        sources = tuple(wire.source for wire in graph.inputs(name))
        inputs = tuple(outputs[source] for source in sources)
        inferred[name] = InferredLayer(
            name=name,
            layer=layer,
            sources=sources,
            inputs=inputs,
            output=outputs[name],
            weights=layer.weights(inputs),
        )
    return inferred


def all_weights(layers: Mapping[str, InferredLayer]) -> dict[str, WeightSpec]:
    """Return the weights of all layers by the names of their buffers, in canonical order."""
    return {name: spec for layer in layers.values() for name, spec in layer.named_weights.items()}


def learning_weights(layers: Mapping[str, InferredLayer]) -> dict[str, WeightSpec]:
    """Return those of all weights that learn."""
    return {name: spec for name, spec in all_weights(layers).items() if spec.learning.learns}
