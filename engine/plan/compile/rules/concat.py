"""Concatenation: each input is written to its place."""

from __future__ import annotations

from engine.layers.concat import Concat
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    y = add_output(draft, layer)
    start = 0
    for x, kind in zip(inputs, layer.inputs, strict=True):
        draft.emit("concat.forward", layer.name, {"x": x}, {"y": y}, start=start)
        start += kind.shape[-1]
    return y


RULES = (Rule(Concat, _lower, {"concat.forward": gradient_from()}),)
