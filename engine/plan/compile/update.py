"""Adds the update of each weight that learns, once its gradient is whole and its old value is not needed."""

from __future__ import annotations

from engine.plan.analysis.infer import InferredLayer, learning_weights
from engine.plan.compile.draft import COUNTERS, SETTINGS, Draft
from engine.plan.types import WeightSlot


def add_updates(draft: Draft, layers: dict[str, InferredLayer]) -> tuple[WeightSlot, ...]:
    """Emit the updates into ``draft``; return the row of the settings that belongs to each weight."""
    slots = tuple(
        WeightSlot(number, weight, f"{weight}.velocity", spec.learning)
        for number, (weight, spec) in enumerate(learning_weights(layers).items())
    )
    for slot in slots:
        gradient = draft.gradients[slot.weight]
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
