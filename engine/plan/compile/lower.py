"""Lowers layers to the operations of their forward pass: one rule for each kind of layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from engine.layers.base import Layer
from engine.layers.conv import Conv
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dropout import Dropout
from engine.layers.fc import Fc
from engine.layers.labels import Labels
from engine.layers.neuron import IDENTITY, Neuron
from engine.layers.pool import Pool
from engine.layers.softmax import Softmax
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, SETTINGS, Draft
from engine.plan.types import Buffer
from kernels import control
from kernels.philox import Stream, substream

Rule: TypeAlias = Callable[[Draft, InferredLayer, tuple[str, ...]], str]
"""Emits a layer's operations from the buffers of its inputs; returns the buffer of its output."""


def lower(draft: Draft, layers: dict[str, InferredLayer], *, training: bool) -> None:
    """Emit the forward pass of all layers. Dropout passes its input on where it is not ``training``."""
    learning = [
        f"{layer.name}.{w.name}" for layer in layers.values() for w in layer.weights if w.learning.learns
    ]
    draft.add(Buffer(COUNTERS, "control", (control.COUNTERS,), ("counter",), "int64"))
    draft.add(
        Buffer(SETTINGS, "control", (len(learning), control.SETTINGS), ("weight", "setting"), "float64")
    )
    for layer in layers.values():
        for weight in layer.weights:
            draft.add(Buffer(f"{layer.name}.{weight.name}", "weight", weight.shape, weight.axes, draft.dtype))
        inputs = tuple(draft.outputs[source] for source in layer.sources)
        if isinstance(layer.layer, Dropout) and not training:
            draft.outputs[layer.name] = inputs[0]
        else:
            draft.outputs[layer.name] = RULES[type(layer.layer)](draft, layer, inputs)


def _data(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    return draft.add_batch(f"{layer.name}.output", "input", layer.output)


def _labels(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    return draft.add_batch(f"{layer.name}.output", "labels", layer.output)


def _conv(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Conv)
    conv = layer.layer
    y = _sums(draft, layer, conv.neuron)
    draft.emit(
        "conv.forward",
        layer.name,
        {"x": inputs[0], **_weights(layer)},
        {"y": y},
        stride=conv.stride,
        padding=conv.padding,
    )
    return _neuron_of(draft, layer, conv.neuron, y)


def _fc(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Fc)
    y = _sums(draft, layer, layer.layer.neuron)
    draft.emit("fc.forward", layer.name, {"x": inputs[0], **_weights(layer)}, {"y": y})
    return _neuron_of(draft, layer, layer.layer.neuron, y)


def _pool(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Pool)
    pool = layer.layer
    y = draft.add_batch(f"{layer.name}.output", "activation", layer.output)
    draft.emit(
        f"{pool.pool}_pool.forward",
        layer.name,
        {"x": inputs[0]},
        {"y": y},
        size=pool.size,
        stride=pool.stride,
        start=pool.start,
    )
    return y


def _neuron(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Neuron)
    return _neuron_of(draft, layer, layer.layer.neuron, inputs[0])


def _dropout(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Dropout)
    y = draft.add_batch(f"{layer.name}.output", "activation", layer.output)
    mask = draft.add_batch(f"{layer.name}.mask", "mask", layer.output, "uint8")
    earlier = sum(operation.kind == "dropout.forward" for operation in draft.operations)
    draft.emit(
        "dropout.forward",
        layer.name,
        {"x": inputs[0], "counters": COUNTERS},
        {"y": y, "mask": mask},
        keep=layer.layer.keep,
        stream=substream(Stream.DROPOUT, earlier),
    )
    return y


def _softmax(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    y = draft.add_batch(f"{layer.name}.output", "activation", layer.output)
    draft.emit("softmax.forward", layer.name, {"x": inputs[0]}, {"y": y})
    return y


def _cross_entropy(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    probabilities, labels = inputs
    metrics = draft.add(
        Buffer(f"{layer.name}.metrics", "metrics", (control.METRICS,), ("metric",), "float64")
    )
    draft.emit(
        "cross_entropy.forward",
        layer.name,
        {"probabilities": probabilities, "labels": labels},
        {"metrics": metrics, "counters": COUNTERS},
    )
    return metrics


RULES: dict[type[Layer], Rule] = {
    Data: _data,
    Labels: _labels,
    Conv: _conv,
    Pool: _pool,
    Fc: _fc,
    Neuron: _neuron,
    Dropout: _dropout,
    Softmax: _softmax,
    CrossEntropy: _cross_entropy,
}


def _weights(layer: InferredLayer) -> dict[str, str]:
    return {weight.name: f"{layer.name}.{weight.name}" for weight in layer.weights}


def _sums(draft: Draft, layer: InferredLayer, neuron: str) -> str:
    """Add the buffer of the weighted sums, which is the output itself where there is no neuron."""
    name = "output" if neuron == IDENTITY else "sums"
    return draft.add_batch(f"{layer.name}.{name}", "activation", layer.output)


def _neuron_of(draft: Draft, layer: InferredLayer, neuron: str, x: str) -> str:
    if neuron == IDENTITY:
        return x
    y = draft.add_batch(f"{layer.name}.output", "activation", layer.output)
    draft.emit("neuron.forward", layer.name, {"x": x}, {"y": y}, neuron=neuron)
    return y
