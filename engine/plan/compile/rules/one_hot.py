"""One-hot vectors of labels; they have no gradient."""

from __future__ import annotations

from engine.layers.one_hot import OneHot
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, no_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    y = add_output(draft, layer)
    draft.emit("one_hot.forward", layer.name, {"labels": inputs[0]}, {"y": y})
    return y


RULES = (Rule(OneHot, _lower, {"one_hot.forward": no_gradient}),)
