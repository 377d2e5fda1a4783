"""Binary cross entropy: a yes or no for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.layers.base import TensorType
from engine.layers.cost_layer import (
    CHANCES,
    TARGETS,
    CostLayer,
    expect_probabilities,
    expect_targets,
)
from engine.layers.fields import real


@dataclass(frozen=True, kw_only=True)
class Bce(CostLayer):
    """Mean over the examples of the binary cross entropy of all units; wrong units are those across 0.5.

    This is the formula of the talk for a label t and an output x in (0, 1).
    """

    kind = "bce"
    title = "Binary cross entropy"
    summary = "For units that each say yes or no, as logistic units do. Also counts wrong units."
    formula = "E = −coefficient · mean Σ (weight · t[k] · log p[k] + (1 − t[k]) · log(1 − p[k]))"
    source = "cuda-convnet2, layer type cost.bce (weight is posWeight)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "binomial cross entropy",
        "logistic loss",
        "sigmoid",
        "multi-label",
        "cost",
        "loss",
    )
    inputs = (CHANCES, TARGETS)

    positive_weight: float = real(
        1.0,
        minimum=0.0,
        open_minimum=True,
        title="Weight of yes",
        help="How much more a missed yes costs than a missed no.",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_probabilities(inputs, "fully connected")
        expect_targets(inputs)
        return super().output(inputs)
