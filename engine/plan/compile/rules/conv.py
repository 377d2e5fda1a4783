"""Convolution: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.conv import Conv
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import emit_weighted_sums, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Conv)
    conv = layer.layer
    return emit_weighted_sums(
        draft,
        layer,
        "conv.forward",
        inputs,
        conv.neuron,
        stride=conv.stride,
        padding=conv.padding,
        groups=conv.groups,
        dilation=conv.dilation,
    )


RULES = (Rule(Conv, _lower, {"conv.forward": weighted_gradient}),)
