"""Pass: no operation at all."""

from __future__ import annotations

from engine.layers.pass_on import PassOn
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    return inputs[0]


RULES = (Rule(PassOn, _lower),)
