"""Pooling: a kernel for each kind of it."""

from __future__ import annotations

from engine.layers.pool import Pool
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.rules.pieces import add_output, gradient_from
from engine.plan.compile.rules.rule import Rule


def _lower(draft: Draft, layer: InferredLayer, inputs: tuple[str, ...]) -> str:
    assert isinstance(layer.layer, Pool)
    pool = layer.layer
    y = add_output(draft, layer)
    summed = pool.pool == "sum"
    draft.emit(
        f"{'avg' if summed else pool.pool}_pool.forward",
        layer.name,
        {"x": inputs[0]},
        {"y": y},
        size=pool.size,
        stride=pool.stride,
        start=pool.start,
        **({"total": True} if summed else {}),
    )
    return y


_GRADIENTS = {
    "max_pool.forward": gradient_from("x", "y"),
    "maxabs_pool.forward": gradient_from("x", "y"),
    "avg_pool.forward": gradient_from(),
}

RULES = (Rule(Pool, _lower, _GRADIENTS),)
