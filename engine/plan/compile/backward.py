"""Differentiates a program: appends the gradients of its operations, last one first."""

from __future__ import annotations

from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.compile.rules import GRADIENTS


def differentiate(draft: Draft, layers: dict[str, InferredLayer]) -> None:
    """Append the backward pass of all operations of ``draft``."""
    gradients = Gradients(draft, layers)
    for operation in reversed(tuple(draft.operations)):
        GRADIENTS[operation.kind](gradients, operation)
