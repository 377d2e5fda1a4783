"""Sum: each input is added to the output in turn."""

from __future__ import annotations

from engine.layers.eltsum import EltSum
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_sums, emit_neuron, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, EltSum)
    y = add_sums(draft, layer, layer.layer.neuron)
    coefficients = layer.layer.coefficients or (1.0,) * len(inputs)
    for number, (x, coefficient) in enumerate(zip(inputs, coefficients, strict=True)):
        draft.emit(
            "eltsum.forward", layer.name, {"x": x}, {"y": y}, coefficient=coefficient, accumulate=number > 0
        )
    return emit_neuron(draft, layer, layer.layer.neuron, y)


RULES = (Rule(EltSum, _lower, {"eltsum.forward": gradient_from()}),)
