"""Layers that use the weights of others: whether there are such weights, and keeping the names right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.errors import WeightSourceError
from engine.graph.layer_graph import LayerGraph
from engine.layers.base import TensorType, WeightSpec
from engine.layers.learning import WeightedLayer, parse_sources
from engine.words import Words

_FIELD = "weights_of"


def weight_source_problems(
    graph: LayerGraph, outputs: Mapping[str, TensorType]
) -> Iterator[WeightSourceError]:
    """Yield the layers that name weights which are not there, are shared themselves, or do not fit."""
    users = {
        name: layer
        for name, layer in graph.layers().items()
        if isinstance(layer, WeightedLayer) and layer.weights_of.strip()
    }
    if not users:
        return
    arrays = {f"{name}.{spec.name}": spec for name in outputs for spec in _specs(graph, outputs, name)}
    for name, layer in users.items():
        try:
            count = len(parse_sources(layer.weights_of))
        except ValueError:
            yield _problem(name, "names of layers, such as conv1, or conv1, fc2[1]", f'"{layer.weights_of}"')
            continue
        if count > len(graph.inputs(name)):
            found = Words("{count} weight sources", count=count)
            expected = Words("at most one for each of the {count} inputs", count=len(graph.inputs(name)))
            yield _problem(name, expected, found)
        for spec in _specs(graph, outputs, name) if name in outputs else ():
            if spec.source:
                yield from _misfit(name, spec, arrays)


def _misfit(name: str, spec: WeightSpec, arrays: Mapping[str, WeightSpec]) -> Iterator[WeightSourceError]:
    source = arrays.get(spec.source)
    if source is None:
        found = Words("none called {name}", name=spec.source)
        yield _problem(name, "weights of a layer of this network", found)
    elif source.source or spec.source == f"{name}.{spec.name}":
        found = Words("{name}, which are shared", name=spec.source)
        yield _problem(name, "weights of a layer that has them itself", found)
    elif (source.shape, source.axes) != (spec.shape, spec.axes):
        say = _extents if source.shape != spec.shape else _shape
        expected = Words("weights of {shape}", shape=say(spec))
        yield _problem(name, expected, Words("{shape} in {name}", shape=say(source), name=spec.source))


def _specs(graph: LayerGraph, outputs: Mapping[str, TensorType], name: str) -> tuple[WeightSpec, ...]:
    wires = graph.inputs(name)
    if any(wire.source not in outputs for wire in wires):
        return ()
    return graph[name].weights([outputs[wire.source] for wire in wires])


def _extents(spec: WeightSpec) -> str:
    return " × ".join(map(str, spec.shape))


def _shape(spec: WeightSpec) -> str:
    return " × ".join(f"{extent} {axis}" for extent, axis in zip(spec.shape, spec.axes, strict=True))


def _problem(layer: str, expected: str, found: str) -> WeightSourceError:
    return WeightSourceError(layer=layer, field=_FIELD, expected=expected, found=found)


def rename_sources(graph: LayerGraph, name: str, new_name: str) -> None:
    """Let layers that use the weights of a layer name it by its new name."""
    pattern = re.compile(rf"(?<![^\s,]){re.escape(name)}(?![^\s,\[])")
    for user, layer in graph.layers().items():
        if isinstance(layer, WeightedLayer) and layer.weights_of:
            words = pattern.sub(lambda _: new_name, layer.weights_of)
            if words != layer.weights_of:
                graph.replace(user, replace(layer, weights_of=words))
