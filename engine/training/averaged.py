"""Averages a network's answers over several views of the same examples.

Source: cuda-convnet, multiview test: the softmax outputs of all views are averaged, and the cost is taken of
their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import Operation, TrainingPlan
from engine.runtime.executor import Executor


class AveragedEvaluation:
    """Runs the program ``evaluate`` of a plan for one rank over views; costs wait until all were seen.

    They are then given the means of their inputs, so that loss, errors and all further figures are those of
    the averaged answers. ``executor`` is bound to ``plan``.
    """

    def __init__(self, plan: TrainingPlan, executor: Executor) -> None:
        self._inputs = [executor.arrays[buffer.name] for buffer in plan.by_role("input")]
        self._costs: dict[str, _Cost] = {}
        self._steps: list[Callable[[], None]] = []
        metrics = {buffer.name for buffer in plan.by_role("metrics")}
        for operation, call in executor.calls(EVALUATE):
            if metrics.isdisjoint(operation.outputs.values()):
                self._steps.append(call)
                continue
            content = partial(executor.content, EVALUATE)
            arrays = {port: content(name) for port, name in _averaged(operation, plan).items()}
            cost = self._costs[operation.layer] = _Cost(arrays, call)
            self._steps.append(cost.add)

    def run(self, views: Iterable[NDArray[np.floating[Any]]]) -> None:
        """Evaluate one batch, whose labels are set, and whose pictures ``views`` yields once for each view.

        Each view: prepared, (batch size, height, width, channels).
        """
        for cost in self._costs.values():
            cost.begin()
        count = 0
        for pictures in views:
            for array in self._inputs:
                array[...] = pictures
            for step in self._steps:
                step()
            count += 1
        for cost in self._costs.values():
            cost.end(count)

    def mean(self, layer: str, port: str) -> NDArray[np.float64]:
        """Return the mean that the cost ``layer`` was given at ``port``; the next batch writes over it."""
        return self._costs[layer].means[port]


def _averaged(operation: Operation, plan: TrainingPlan) -> dict[str, str]:
    """Return the inputs of a cost that depend on the view: numbers, but not labels."""
    return {port: name for port, name in operation.inputs.items() if plan.buffers[name].dtype == plan.dtype}


class _Cost:
    """A cost that is put off. ``means`` are sums until the ``end``."""

    def __init__(self, arrays: dict[str, NDArray[Any]], call: Callable[[], None]) -> None:
        self.means = {port: np.zeros(array.shape) for port, array in arrays.items()}
        self._arrays = arrays
        self._call = call

    def begin(self) -> None:
        for sums in self.means.values():
            sums.fill(0.0)

    def add(self) -> None:
        # Here, where the program would run the cost: later operations may write over its inputs.
        for port, array in self._arrays.items():
            self.means[port] += array

    def end(self, count: int) -> None:
        """Give the cost the means over ``count`` views; nobody else reads its inputs any more."""
        for port, array in self._arrays.items():
            self.means[port] /= count
            array[...] = self.means[port]
        self._call()
