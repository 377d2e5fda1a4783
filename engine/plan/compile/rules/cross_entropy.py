"""Cross entropy: sums up its figures, and is where gradients begin."""

from __future__ import annotations

from engine.layers.cross_entropy import CrossEntropy
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.rules.pieces import add_metrics, cost_gradient
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, CrossEntropy)
    probabilities, labels = inputs
    metrics = add_metrics(draft, layer)
    draft.emit(
        "cross_entropy.forward",
        layer.name,
        {"probabilities": probabilities, "labels": labels},
        {"metrics": metrics, "counters": COUNTERS},
        top=layer.layer.top,
    )
    return metrics


RULES = (Rule(CrossEntropy, _lower, {"cross_entropy.forward": cost_gradient("probabilities")}),)
