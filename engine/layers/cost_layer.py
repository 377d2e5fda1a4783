"""What all cost layers have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.layers.base import Layer, Likelihood, Port, ShapeRuleError, TensorType
from engine.layers.fields import real
from engine.words import Words

PROBABILITIES = Port("probabilities", "Probabilities", likelihood=Likelihood.TOGETHER)
CHANCES = Port("probabilities", "Probabilities", likelihood=Likelihood.EACH)
LABELS = Port("labels", "Labels", "labels")
TARGETS = Port("targets", "Targets", gradient=False)


@dataclass(frozen=True, kw_only=True)
class CostLayer(Layer):
    """What training makes small. Costs of one network are added, each times its coefficient.

    On the device a cost sums up its loss, its wrong answers and the examples, then ``further_sums`` of its
    own. ``counts_errors`` tells whether it can tell a wrong answer.
    """

    family = "cost"
    is_cost = True
    counts_errors: ClassVar[bool] = True

    coefficient: float = real(
        1.0, minimum=0.0, title="Coefficient", help="Weight of this cost among the costs of the network."
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((), "cost")

    def further_sums(self, inputs: Sequence[TensorType]) -> int:
        """Return how many sums of its own the layer keeps."""
        return 0

    def further_figures(self, sums: Sequence[float], examples: float) -> dict[str, float]:
        """Return figures by English name, from the layer's own sums over some ``examples``.

        What would be a share of nothing is left out.
        """
        return {}


def expect_probabilities(inputs: Sequence[TensorType], before: str) -> None:
    """Raise ShapeRuleError where the first input is no vector; ``before`` is what should come before."""
    if len(inputs[0].shape) != 1:
        raise ShapeRuleError(
            0, "a vector of one probability a class", Words("Put a {layer} layer before it.", layer=before)
        )


def expect_targets(inputs: Sequence[TensorType]) -> None:
    """Raise ShapeRuleError where the targets, input 1, are not of the shape of the probabilities."""
    if inputs[1].shape != inputs[0].shape:
        raise ShapeRuleError(
            1,
            Words("{size}, a target for each probability", size=inputs[0]),
            "Set its classes to that.",
        )
