"""Adds the update of each weight that learns, once its gradient is whole and its old value is not needed."""

from __future__ import annotations

from engine.graph.settings import TrainingSettings
from engine.layers.base import WeightSpec
from engine.plan.analysis.infer import InferredLayer, learning_weights
from engine.plan.compile.draft import COUNTERS, SETTINGS, Draft
from engine.plan.types import Value, WeightSlot


def add_updates(
    draft: Draft, layers: dict[str, InferredLayer], training: TrainingSettings
) -> tuple[WeightSlot, ...]:
    """Emit the updates into ``draft``; return the row of the settings that belongs to each weight.

    Where the norm of weights has limits, it is brought back within them right after their update.
    """
    states, attributes = _optimiser(training)
    learning = learning_weights(layers)
    slots = tuple(
        WeightSlot(number, weight, tuple(f"{weight}.{state}" for state in states), spec.learning)
        for number, (weight, spec) in enumerate(learning.items())
    )
    for slot in slots:
        gradient = draft.gradients[slot.weight]
        kept = {
            state: draft.add_like(name, "velocity", slot.weight)
            for state, name in zip(states, slot.states, strict=True)
        }
        last_use = max(
            index
            for index, operation in enumerate(draft.operations)
            if slot.weight in operation.inputs.values() or gradient in operation.outputs.values()
        )
        draft.emit(
            f"{training.optimiser}.update",
            slot.weight,
            {"gradient": gradient, "counters": COUNTERS, "settings": SETTINGS},
            {"weights": slot.weight, **kept},
            slot=slot.slot,
            **attributes,
        )
        draft.operations.insert(last_use + 1, draft.operations.pop())
        spec = learning[slot.weight]
        if spec.norm.limits:
            _emit_limits(draft, slot.weight, spec)
            draft.operations.insert(last_use + 2, draft.operations.pop())
    return slots


def _emit_limits(draft: Draft, weight: str, spec: WeightSpec) -> None:
    draft.emit(
        "filter_norm.update",
        weight,
        {"counters": COUNTERS},
        {"weights": weight},
        least=spec.norm.least,
        most=spec.norm.most,
        centred=spec.norm.centred,
        by_place=spec.axes[0] == "place",
    )


def _optimiser(training: TrainingSettings) -> tuple[tuple[str, ...], dict[str, Value]]:
    """Return the names of what an optimiser keeps for each weight, and what its kernel is told."""
    if training.optimiser == "sgd":
        return ("velocity",), {}
    return ("means", "squares"), {
        "second_momentum": training.second_momentum,
        "epsilon": training.epsilon,
    }
