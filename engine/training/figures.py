"""Reads what the cost layers summed up on the device."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.cost_layer import CostLayer
from engine.plan.analysis.infer import InferredLayer
from engine.runtime.arrays import Arrays
from engine.runtime.distributed import Distributed
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
    """The metrics arrays of all cost layers, of which those of ``names`` are in this rank's ``arrays``.

    Where they are ``shared`` out over ranks, all of these must gather them.
    """

    def __init__(
        self, arrays: Arrays, layers: Mapping[str, InferredLayer], shared: Distributed | None = None
    ) -> None:
        self._arrays = arrays
        self._costs = {
            layer.name: layer.layer for layer in layers.values() if isinstance(layer.layer, CostLayer)
        }
        self._answers = next((name for name, cost in self._costs.items() if cost.counts_errors), None)
        self._all = tuple(map(_metrics, self._costs))
        self._joiners = {} if shared is None else {name: shared.joiner(name) for name in self._all}
        self.names = tuple(name for name in self._all if name in arrays)

    def gather(self, sums: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """Return the sums of all ranks from those of this one."""
        return {name: join(sums.get(name)) for name, join in self._joiners.items()} or sums

    def take(self) -> Figures:
        """Return the means since the last call, and begin anew."""
        figures = self.figures(self.gather(self._arrays))
        self.reset()
        return figures

    def figures(self, sums: Mapping[str, NDArray[Any]]) -> Figures:
        """Return the means that follow from the arrays of ``sums``. Means over no examples are NaN."""
        examples = float(sums[self._all[0]][control.EXAMPLES])

        def mean(cost: str, figure: int) -> float:
            return float(sums[_metrics(cost)][figure]) / examples if examples else math.nan

        loss = sum(cost.coefficient * mean(name, control.LOSS) for name, cost in self._costs.items())
        error = 0.0 if self._answers is None else mean(self._answers, control.ERRORS)
        return Figures(loss, error, int(examples), self._further(sums, examples))

    def _further(self, sums: Mapping[str, NDArray[Any]], examples: float) -> dict[str, float]:
        if not examples:
            return {}
        figures: dict[str, float] = {}
        for name, cost in self._costs.items():
            of_cost = sums[_metrics(name)]
            before = f"{name}: " if len(self._costs) > 1 else ""
            own = cost.further_figures(of_cost[control.METRICS :].tolist(), examples)
            figures |= {before + title: value for title, value in own.items()}
            if before:
                figures[f"{before}loss"] = float(of_cost[control.LOSS] / examples)
        return figures

    def totals(self, sums: Mapping[str, NDArray[Any]]) -> tuple[float, int]:
        """Return the loss and the number of examples that are summed up in the arrays of ``sums``."""
        loss = sum(
            cost.coefficient * float(sums[_metrics(name)][control.LOSS]) for name, cost in self._costs.items()
        )
        return loss, int(sums[self._all[0]][control.EXAMPLES])

    def save(self) -> dict[str, NDArray[Any]]:
        """Return copies of this rank's sums, to be put back by ``restore``."""
        return {name: self._arrays[name].copy() for name in self.names}

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Put back what ``save`` returned."""
        for name, sums in saved.items():
            self._arrays[name] = sums

    def reset(self) -> None:
        """Begin anew."""
        for name in self.names:
            self._arrays[name] = np.zeros_like(self._arrays[name])


def _metrics(cost: str) -> str:
    """Return the name of the array that a cost's sums are in."""
    return f"{cost}.metrics"
