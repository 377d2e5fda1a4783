"""Fully connected: weighted sums, then the neuron."""

from __future__ import annotations

from engine.layers.fc import Fc
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_sums, emit_neuron, weight_names, weighted_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Fc)
    y = add_sums(draft, layer, layer.layer.neuron)
    draft.emit("fc.forward", layer.name, {"x": inputs[0], **weight_names(layer)}, {"y": y})
    return emit_neuron(draft, layer, layer.layer.neuron, y)


RULE = Rule(Fc, _lower, {"fc.forward": weighted_gradient})
