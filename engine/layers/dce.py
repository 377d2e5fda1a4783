"""Binary cross entropy with precision and recall of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import TensorType
from engine.layers.bce import Bce


@dataclass(frozen=True, kw_only=True)
class Dce(Bce):
    """Binary cross entropy that also tells precision and recall of each class, at a threshold of 0.5."""

    kind = "dce"
    title = "Detection cross entropy"
    summary = "Binary cross entropy that also tells how many finds are true, and how many truths are found."
    source = "cuda-convnet2, layer type cost.dce (weight is posWeight)"
    synonyms = ("detection", "precision", "recall", "cost", "loss")

    def further_sums(self, inputs: Sequence[TensorType]) -> int:
        return 3 * inputs[0].size

    def further_figures(self, sums: Sequence[float], examples: float) -> dict[str, float]:
        classes = len(sums) // 3
        figures = {}
        for number in range(classes):
            both, found, true = sums[number], sums[classes + number], sums[2 * classes + number]
            figures[f"precision of class {number}"] = both / found if found else float("nan")
            figures[f"recall of class {number}"] = both / true if true else float("nan")
        return figures
