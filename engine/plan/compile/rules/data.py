"""Data: a buffer that the host fills."""

from __future__ import annotations

from engine.layers.data import Data
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    return draft.add_batch(f"{layer.name}.output", "input", layer.output)


RULES = (Rule(Data, _lower),)
