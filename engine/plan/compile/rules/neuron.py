"""A neuron as a layer of its own, and the gradient of all neurons."""

from __future__ import annotations

from engine.layers.neuron import Neuron
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.pieces import emit_neuron
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Operation

_NEED_INPUT = frozenset({"abs", "square", "drelu", "silu", "gelu"})
"""Neurons whose gradient is no function of their output."""


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Neuron)
    return emit_neuron(draft, layer, layer.layer.neuron, inputs[0])


def _gradient(gradients: Gradients, operation: Operation) -> None:
    dy = gradients.arrived(operation)
    if dy is None:
        return
    if operation.attributes["neuron"] in _NEED_INPUT:
        kind, inputs = "neuron.backward_from_input", {"x": operation.inputs["x"], "dy": dy}
    else:
        kind, inputs = "neuron.backward", {"y": operation.outputs["y"], "dy": dy}
    gradients.emit(operation, kind, "x", inputs, **operation.attributes)


RULES = (Rule(Neuron, _lower, {"neuron.forward": _gradient}),)
