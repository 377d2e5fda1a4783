"""Random scale: draws sizes and places in training. Where nothing is trained, it resizes."""

from __future__ import annotations

from engine.layers.random_scale import RandomScale
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, Draft
from engine.plan.compile.rules.pieces import add_output, no_gradient
from engine.plan.compile.rules.rule import Rule
from kernels.philox import Stream, substream


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, RandomScale)
    y = add_output(draft, layer)
    if not draft.training:
        draft.emit("random_scale.evaluate", layer.name, {"x": inputs[0]}, {"y": y})
        return y
    earlier = sum(operation.kind == "random_scale.forward" for operation in draft.operations)
    draft.emit(
        "random_scale.forward",
        layer.name,
        {"x": inputs[0], "counters": COUNTERS},
        {"y": y},
        least=layer.layer.least(layer.inputs[0].shape[0]),
        stream=substream(Stream.SCALE, earlier),
    )
    return y


RULES = (
    Rule(
        RandomScale,
        _lower,
        {"random_scale.forward": no_gradient, "random_scale.evaluate": no_gradient},
    ),
)
