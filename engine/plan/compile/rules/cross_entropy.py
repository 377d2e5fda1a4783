"""Cross entropy: sums up its figures, and is where gradients begin."""

from __future__ import annotations

from engine.layers.cross_entropy import CrossEntropy
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Buffer, Operation
from kernels import control


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    probabilities, labels = inputs
    metrics = draft.add(
        Buffer(f"{layer.name}.metrics", "metrics", (control.METRICS,), ("metric",), "float64")
    )
    draft.emit(
        "cross_entropy.forward",
        layer.name,
        {"probabilities": probabilities, "labels": labels},
        {"metrics": metrics, "counters": COUNTERS},
    )
    return metrics


def _gradient(gradients: Gradients, operation: Operation) -> None:
    cost = gradients.layer_of(operation).layer
    assert isinstance(cost, CrossEntropy)
    inputs = {**operation.inputs, "counters": operation.outputs["counters"]}
    gradients.emit(operation, "cross_entropy.backward", "probabilities", inputs, coefficient=cost.coefficient)


RULES = (Rule(CrossEntropy, _lower, {"cross_entropy.forward": _gradient}),)
