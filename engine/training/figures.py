"""Reads what the cost layers summed up on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.cross_entropy import CrossEntropy
from engine.plan.analysis.infer import InferredLayer
from kernels import control


@dataclass(frozen=True)
class Figures:
    """Means over ``examples``: the weighted sum of all costs, and the share of wrong answers of the first."""

    loss: float
    error: float
    examples: int


class CostMeter:
    """The metrics arrays of all cost layers."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], layers: Mapping[str, InferredLayer]) -> None:
        self._costs = [
            (layer.layer.coefficient, arrays[f"{layer.name}.metrics"])
            for layer in layers.values()
            if isinstance(layer.layer, CrossEntropy)
        ]

    def take(self) -> Figures:
        """Return the means since the last call, and begin anew. Means over no examples are NaN."""
        first = self._costs[0][1]
        examples = int(first[control.EXAMPLES])
        with np.errstate(invalid="ignore"):
            loss = sum(
                coefficient * np.divide(sums[control.LOSS], sums[control.EXAMPLES])
                for coefficient, sums in self._costs
            )
            error = np.divide(first[control.ERRORS], first[control.EXAMPLES])
        self.reset()
        return Figures(float(loss), float(error), examples)

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
