"""Reads what the cost layers summed up on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.cost_layer import CostLayer
from engine.plan.analysis.infer import InferredLayer
from kernels import control


@dataclass(frozen=True)
class Figures:
    """Means over ``examples``: the weighted sum of all costs, and the share of wrong answers.

    The answers are those of the first cost that can tell a wrong one; with none that can, the share is 0.
    ``further`` are the costs' own figures by name, that of the cost before it where there are several; what
    would be a share of nothing is left out.
    """

    loss: float
    error: float
    examples: int
    further: Mapping[str, float]


class CostMeter:
    """The metrics arrays of all cost layers."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], layers: Mapping[str, InferredLayer]) -> None:
        self._names = [layer.name for layer in layers.values() if isinstance(layer.layer, CostLayer)]
        self._costs = [
            (layer.layer, arrays[f"{layer.name}.metrics"])
            for layer in layers.values()
            if isinstance(layer.layer, CostLayer)
        ]
        self._answers = next((sums for cost, sums in self._costs if cost.counts_errors), None)

    def take(self) -> Figures:
        """Return the means since the last call, and begin anew. Means over no examples are NaN."""
        examples = self._costs[0][1][control.EXAMPLES]
        answers = self._answers
        with np.errstate(invalid="ignore"):
            loss = sum(
                cost.coefficient * np.divide(sums[control.LOSS], examples) for cost, sums in self._costs
            )
            error = 0.0 if answers is None else np.divide(answers[control.ERRORS], examples)
        further = self._further(examples)
        self.reset()
        return Figures(float(loss), float(error), int(examples), further)

    def _further(self, examples: float) -> dict[str, float]:
        if not examples:
            return {}
        figures: dict[str, float] = {}
        for name, (cost, sums) in zip(self._names, self._costs, strict=True):
            before = f"{name}: " if len(self._costs) > 1 else ""
            own = cost.further_figures(sums[control.METRICS :].tolist(), examples)
            figures |= {before + title: value for title, value in own.items()}
            if before:
                figures[f"{before}loss"] = float(sums[control.LOSS] / examples)
        return figures

    def totals(self) -> tuple[float, int]:
        """Return the summed loss and the number of examples so far."""
        loss = sum(cost.coefficient * float(sums[control.LOSS]) for cost, sums in self._costs)
        return loss, int(self._costs[0][1][control.EXAMPLES])

    def save(self) -> list[NDArray[Any]]:
        """Return copies of the sums, to be put back by ``restore``."""
        return [sums.copy() for _, sums in self._costs]

    def restore(self, saved: list[NDArray[Any]]) -> None:
        """Put back what ``save`` returned."""
        for (_, sums), old in zip(self._costs, saved, strict=True):
            sums[:] = old

    def reset(self) -> None:
        """Begin anew."""
        for _, sums in self._costs:
            sums[:] = 0.0
