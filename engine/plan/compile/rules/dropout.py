"""Dropout: draws a mask in training, and hands its input on where nothing is trained."""

from __future__ import annotations

from engine.layers.dropout import Dropout
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.pieces import add_output
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Operation
from kernels.philox import Stream, substream


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Dropout)
    if not draft.training:
        return inputs[0]
    y = add_output(draft, layer)
    mask = draft.add_batch(f"{layer.name}.mask", "mask", layer.output, "uint8")
    earlier = sum(operation.kind == "dropout.forward" for operation in draft.operations)
    draft.emit(
        "dropout.forward",
        layer.name,
        {"x": inputs[0], "counters": COUNTERS},
        {"y": y, "mask": mask},
        keep=layer.layer.keep,
        stream=substream(Stream.DROPOUT, earlier),
    )
    return y


def _gradient(gradients: Gradients, operation: Operation) -> None:
    dy = gradients.arrived(operation)
    if dy is not None:
        inputs = {"mask": operation.outputs["mask"], "dy": dy}
        gradients.emit(operation, "dropout.backward", "x", inputs, keep=operation.attributes["keep"])


RULE = Rule(Dropout, _lower, {"dropout.forward": _gradient})
