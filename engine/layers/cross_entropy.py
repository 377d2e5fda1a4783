"""Cross entropy: the cost of the probability given to the true class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import TensorType
from engine.layers.cost_layer import LABELS, PROBABILITIES, CostLayer, expect_probabilities
from engine.layers.fields import whole


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(CostLayer):
    """Mean of −log p of the true class over the examples of a batch, and the share of wrong answers."""

    kind = "cross_entropy"
    title = "Cross entropy"
    summary = "What training makes small: the surprise about the true class. Also counts wrong answers."
    formula = "E = −coefficient · mean log p[t]"
    source = "cuda-convnet, layer type cost.logreg"
    synonyms = ("logprob", "logreg", "log loss", "negative log likelihood", "cost", "loss")
    inputs = (PROBABILITIES, LABELS)

    top: int = whole(
        1,
        title="Top",
        help="Also counts the answers in which the true class is not among so many most probable ones.",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_probabilities(inputs, "softmax")
        return super().output(inputs)

    def further_sums(self, inputs: Sequence[TensorType]) -> int:
        return int(self.top > 1)

    def further_figures(self, sums: Sequence[float], examples: float) -> dict[str, float]:
        return {f"top-{self.top} error": share / examples for share in sums}
