"""A neuron as a layer of its own, and the gradient of all neurons."""

from __future__ import annotations

from engine.layers.neuron import Neuron
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import emit_neuron, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Neuron)
    return emit_neuron(draft, layer, layer.layer.neuron, inputs[0])


RULE = Rule(Neuron, _lower, {"neuron.forward": gradient_from("y")})
