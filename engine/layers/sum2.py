"""Sum of squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.layers.cost_layer import CostLayer


@dataclass(frozen=True, kw_only=True)
class Sum2(CostLayer):
    """Mean over the examples of the sum of all squares: it pulls values towards 0."""

    kind = "sum2"
    title = "Sum of squares"
    summary = "Makes values small; of a difference, it makes two things equal."
    formula = "E = coefficient · mean Σ x²"
    source = "cuda-convnet, layer type cost.sum2"
    synonyms = ("l2", "mean squared error", "mse", "regression", "cost", "loss")
    counts_errors: ClassVar[bool] = False
