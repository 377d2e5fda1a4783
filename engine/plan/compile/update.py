"""Adds the update of each weight that learns, once its gradient is whole and its old value is not needed."""

from __future__ import annotations

from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import COUNTERS, SETTINGS, Draft
from engine.plan.types import WeightSlot


def add_updates(draft: Draft, layers: dict[str, InferredLayer]) -> tuple[WeightSlot, ...]:
    """Emit the updates into ``draft``; return the row of the settings that belongs to each weight."""
    slots = _slots(layers)
    for slot in slots:
        gradient = draft.gradients.get(slot.weight)
        if gradient is None:
            continue
        draft.add_like(slot.velocity, "velocity", slot.weight)
        last_use = max(
            index
            for index, operation in enumerate(draft.operations)
            if slot.weight in operation.inputs.values() or gradient in operation.outputs.values()
        )
        draft.emit(
            "sgd.update",
            slot.weight,
            {"gradient": gradient, "counters": COUNTERS, "settings": SETTINGS},
            {"weights": slot.weight, "velocity": slot.velocity},
            slot=slot.slot,
        )
        draft.operations.insert(last_use + 1, draft.operations.pop())
    return slots


def _slots(layers: dict[str, InferredLayer]) -> tuple[WeightSlot, ...]:
    weights = [
        (f"{layer.name}.{weight.name}", weight.learning)
        for layer in layers.values()
        for weight in layer.weights
        if weight.learning.learns
    ]
    return tuple(
        WeightSlot(slot, weight, f"{weight}.velocity", learning)
        for slot, (weight, learning) in enumerate(weights)
    )
