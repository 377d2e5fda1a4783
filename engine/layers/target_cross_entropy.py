"""Cross entropy with targets that are probabilities themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import TensorType
from engine.layers.cost_layer import (
    PROBABILITIES,
    TARGETS,
    CostLayer,
    expect_probabilities,
    expect_targets,
)


@dataclass(frozen=True, kw_only=True)
class TargetCrossEntropy(CostLayer):
    """Mean of −Σ t · log p over the examples of a batch; wrong where the largest p and t are apart."""

    kind = "target_cross_entropy"
    title = "Cross entropy of targets"
    summary = "Makes probabilities equal to given ones: one-hot vectors, or another network's answers."
    formula = "E = −coefficient · mean Σ t[k] · log p[k]"
    source = "cuda-convnet2, layer type cost.crossent"
    synonyms = ("crossent", "soft labels", "distillation", "one-hot", "cost", "loss")
    inputs = (PROBABILITIES, TARGETS)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_probabilities(inputs, "softmax")
        expect_targets(inputs)
        return super().output(inputs)
