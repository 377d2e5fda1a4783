"""Sum of squares as a cost."""

from __future__ import annotations

from engine.layers.sum2 import Sum2
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.rules.pieces import add_metrics, cost_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    metrics = add_metrics(draft, layer)
    outputs = {"metrics": metrics, "counters": COUNTERS}
    draft.emit("sum2.forward", layer.name, {"x": inputs[0]}, outputs)
    return metrics


RULES = (Rule(Sum2, _lower, {"sum2.forward": cost_gradient("x")}),)
