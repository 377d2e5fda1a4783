"""Labels: a buffer that the host fills."""

from __future__ import annotations

from engine.layers.labels import Labels
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    return draft.add_batch(f"{layer.name}.output", "labels", layer.output)


RULES = (Rule(Labels, _lower),)
