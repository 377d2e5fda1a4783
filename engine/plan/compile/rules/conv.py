"""Convolution: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.conv import Conv
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_sums, emit_neuron, weight_names, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Conv)
    conv = layer.layer
    y = add_sums(draft, layer, conv.neuron)
    draft.emit(
        "conv.forward",
        layer.name,
        {"x": inputs[0], **weight_names(layer)},
        {"y": y},
        stride=conv.stride,
        padding=conv.padding,
    )
    return emit_neuron(draft, layer, conv.neuron, y)


RULE = Rule(Conv, _lower, {"conv.forward": weighted_gradient})
