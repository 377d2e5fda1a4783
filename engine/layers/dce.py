"""Binary cross entropy with precision and recall of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import TensorType
from engine.layers.bce import Bce

_MOST_CLASSES = 100
"""Whose figures are told one by one."""


@dataclass(frozen=True, kw_only=True)
class Dce(Bce):
    """Binary cross entropy that also tells precision and recall, at a threshold of 0.5.

    They are told over all classes together, and of each class where there are at most 100.
    """

    kind = "dce"
    title = "Detection cross entropy"
    summary = "Binary cross entropy that also tells how many finds are true, and how many truths are found."
    source = "cuda-convnet2, layer type cost.dce (weight is posWeight)"
    synonyms = ("detection", "precision", "recall", "cost", "loss")

    def further_sums(self, inputs: Sequence[TensorType]) -> int:
        return 3 * inputs[0].size

    def further_figures(self, sums: Sequence[float], examples: float) -> dict[str, float]:
        classes = len(sums) // 3
        rightly, found, true = sums[:classes], sums[classes : 2 * classes], sums[2 * classes :]
        figures = _shares("", sum(rightly), sum(found), sum(true))
        if classes <= _MOST_CLASSES:
            for number, counts in enumerate(zip(rightly, found, true, strict=True)):
                figures |= _shares(f" of class {number}", *counts)
        return figures


def _shares(of: str, rightly: float, found: float, true: float) -> dict[str, float]:
    """Return precision and recall, as far as something was found and something is true."""
    counts = {f"precision{of}": found, f"recall{of}": true}
    return {name: rightly / count for name, count in counts.items() if count}
