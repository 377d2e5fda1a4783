"""Maximum: each input is compared with the output so far."""

from __future__ import annotations

from engine.layers.eltmax import EltMax
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_sums, emit_neuron, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, EltMax)
    y = add_sums(draft, layer, layer.layer.neuron)
    for number, x in enumerate(inputs):
        draft.emit("eltmax.forward", layer.name, {"x": x}, {"y": y}, accumulate=number > 0)
    return emit_neuron(draft, layer, layer.layer.neuron, y)


RULES = (Rule(EltMax, _lower, {"eltmax.forward": gradient_from("x", "y")}),)
