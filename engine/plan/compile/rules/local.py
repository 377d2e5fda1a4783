"""Local: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.local import Local
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import emit_weighted_sums, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Local)
    local = layer.layer
    return emit_weighted_sums(
        draft,
        layer,
        "local.forward",
        inputs,
        local.neuron,
        size=local.size,
        stride=local.stride,
        padding=local.padding,
        groups=local.groups,
    )


RULES = (Rule(Local, _lower, {"local.forward": weighted_gradient}),)
