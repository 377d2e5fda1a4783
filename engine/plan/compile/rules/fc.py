"""Fully connected: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.fc import Fc
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import emit_weighted_sums, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Fc)
    return emit_weighted_sums(draft, layer, "fc.forward", inputs, layer.layer.neuron)


RULES = (Rule(Fc, _lower, {"fc.forward": weighted_gradient}),)
