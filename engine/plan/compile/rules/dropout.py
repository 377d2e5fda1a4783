"""Dropout: draws a mask in training. Where nothing is trained, it hands its input on or scales it."""

from __future__ import annotations

from engine.layers.dropout import Dropout
from engine.layers.dropout2 import Dropout2
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules.pieces import add_output
from engine.plan.compile.rules.rule import Rule
from engine.plan.types import Operation
from kernels.philox import Stream, substream


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Dropout)
    keep = layer.layer.keep
    scaled_in_training = not isinstance(layer.layer, Dropout2)
    if not draft.training and scaled_in_training:
        return inputs[0]
    y = add_output(draft, layer)
    if not draft.training:
        draft.emit("eltsum.forward", layer.name, {"x": inputs[0]}, {"y": y}, coefficient=keep)
        return y
    mask = draft.add_batch(f"{layer.name}.mask", "mask", layer.output, "uint8")
    earlier = sum(operation.kind == "dropout.forward" for operation in draft.operations)
    draft.emit(
        "dropout.forward",
        layer.name,
        {"x": inputs[0], "counters": COUNTERS},
        {"y": y, "mask": mask},
        keep=keep,
        stream=substream(Stream.DROPOUT, earlier),
        scaled=scaled_in_training,
    )
    return y


def _gradient(gradients: Gradients, operation: Operation) -> None:
    dy = gradients.arrived(operation)
    if dy is not None:
        inputs = {"mask": operation.outputs["mask"], "dy": dy}
        attributes = {name: operation.attributes[name] for name in ("keep", "scaled")}
        gradients.emit(operation, "dropout.backward", "x", inputs, **attributes)


RULES = (Rule(Dropout, _lower, {"dropout.forward": _gradient}), Rule(Dropout2, _lower))
