"""Costs that compare probabilities with targets: one rule for the three kinds."""

from __future__ import annotations

from engine.layers.bce import Bce
from engine.layers.dce import Dce
from engine.layers.target_cross_entropy import TargetCrossEntropy
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.rules.pieces import add_metrics, cost_gradient
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Value


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    probabilities, targets = inputs
    metrics = add_metrics(draft, layer)
    attributes: dict[str, Value] = {}
    kind = "target_cross_entropy.forward"
    if isinstance(layer.layer, Bce):
        kind = "bce.forward"
        by_class = isinstance(layer.layer, Dce)
        attributes = {"positive_weight": layer.layer.positive_weight, "by_class": by_class}
    draft.emit(
        kind,
        layer.name,
        {"probabilities": probabilities, "targets": targets},
        {"metrics": metrics, "counters": COUNTERS},
        **attributes,
    )
    return metrics


RULES = (
    Rule(TargetCrossEntropy, _lower, {"target_cross_entropy.forward": cost_gradient("probabilities")}),
    Rule(Bce, _lower, {"bce.forward": cost_gradient("probabilities", "positive_weight")}),
    Rule(Dce, _lower),
)
