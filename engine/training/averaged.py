"""Averages a network's answers over several views of the same examples.

Source: cuda-convnet, multiview test: the softmax outputs of all views are averaged, and the cost is taken of
their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import Operation, TrainingPlan
from engine.runtime.executor import Executor
from engine.training.feeder import Feeder


class AveragedEvaluation:
    """Runs the program ``evaluate`` of a plan for one rank over views; costs wait until all were seen.

    They are then given the means of their inputs, so that loss, errors and all further figures are those of
    the averaged answers. ``executor`` is bound to ``plan``.
    """

    def __init__(self, plan: TrainingPlan, executor: Executor) -> None:
        self._executor = executor
        self._feeder = Feeder(plan, executor.arrays, executor.rank)
        self._costs: dict[str, _Cost] = {}
        self._steps: list[Callable[[], None]] = []
        metrics = {buffer.name for buffer in plan.by_role("metrics")}
        for operation, call in executor.calls(EVALUATE):
            if metrics.isdisjoint(operation.outputs.values()):
                self._steps.append(call)
                continue
            cost = self._costs[operation.layer] = _Cost(executor, _averaged(operation, plan), call)
            self._steps.append(cost.add)

    def run(self, views: Iterable[NDArray[np.floating[Any]]]) -> None:
        """Evaluate one batch, whose labels are set, and whose pictures ``views`` yields once for each view.

        Each view: prepared, (rows, height, width, channels), of those rows that the rank's feeder reads.
        """
        for cost in self._costs.values():
            cost.begin()
        count = 0
        for pictures in views:
            self._feeder.feed_pictures(pictures)
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
    return {port: name for port, name in operation.inputs.items() if plan.buffers[name].is_real}


class _Cost:
    """A cost that is put off; ``inputs`` are buffers by port. ``means`` are sums until the ``end``."""

    def __init__(self, executor: Executor, inputs: dict[str, str], call: Callable[[], None]) -> None:
        self._executor = executor
        self._inputs = inputs
        self._call = call
        self.means = {port: np.zeros(self._content(name).shape) for port, name in inputs.items()}

    def begin(self) -> None:
        for sums in self.means.values():
            sums.fill(0.0)

    def add(self) -> None:
        # Here, where the program would run the cost: later operations may write over its inputs.
        for port, name in self._inputs.items():
            self.means[port] += self._content(name)

    def end(self, count: int) -> None:
        """Give the cost the means over ``count`` views; nobody else reads its inputs any more."""
        for port, name in self._inputs.items():
            self.means[port] /= count
            self._executor.fill(EVALUATE, name, self.means[port])
        self._call()

    def _content(self, buffer: str) -> NDArray[Any]:
        return self._executor.content(EVALUATE, buffer)
