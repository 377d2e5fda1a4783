"""Global average pooling."""

from __future__ import annotations

from engine.layers.global_avg import GlobalAvg
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    y = add_output(draft, layer)
    draft.emit("global_avg.forward", layer.name, {"x": inputs[0]}, {"y": y})
    return y


RULES = (Rule(GlobalAvg, _lower, {"global_avg.forward": gradient_from()}),)
