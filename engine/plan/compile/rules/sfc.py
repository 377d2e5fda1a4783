"""Split fully connected: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.sfc import Sfc
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import emit_weighted_sums, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Sfc)
    neuron, parts = layer.layer.neuron, layer.layer.parts
    return emit_weighted_sums(draft, layer, "sfc.forward", inputs, neuron, parts=parts)


RULES = (Rule(Sfc, _lower, {"sfc.forward": weighted_gradient}),)
