"""Tells whether a training is sound: numbers that are finite, and a loss that does not leap."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan.compile.pipeline import EVALUATE
from engine.plan.types import TrainingPlan
from engine.runtime.executor import Executor

WINDOW = 101
"""Steps whose losses tell what is usual."""

DEVIATIONS = 25.0
"""How many deviations above the median a spike is at least: losses of small batches have long tails."""

LEAST_DEVIATION = 0.1
"""Deviation that is taken at least, as a share of the loss at the start: late in a training the usual loss is
next to nothing, and one wrong answer far above it."""

_FEWEST = 20  # losses before anything is judged
_RENEW_EVERY = 10  # steps; the median of a hundred takes longer than a small network's step may
_DEVIATIONS_PER_MAD = 1.4826  # of a normal distribution


def first_not_finite(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """Return the name of an array that holds NaN or infinity, if one does."""
    with np.errstate(over="ignore", invalid="ignore"):
        for name, array in arrays.items():
            # The sum is quick and takes no memory; large numbers may overflow in it and be finite still.
            if not math.isfinite(float(array.sum())) and not np.isfinite(array).all():
                return name
    return None


def first_bad_output(plan: TrainingPlan, executor: Executor) -> str | None:
    """Return the first layer whose output for the batch in place is not finite, if there is one.

    It is that of this rank; all ranks must ask. What the costs sum up is changed.
    """
    inputs = [buffer.name for buffer in plan.by_role("input") if buffer.name in executor.arrays]
    found = [
        name.removesuffix(".output") for name in inputs if first_not_finite({name: executor.arrays[name]})
    ]
    # To the end, since others wait for what this rank sends.
    for operation, call in executor.calls(EVALUATE):
        call()
        outputs = [name for name in operation.writes(executor.rank).values() if plan.buffers[name].is_real]
        if first_not_finite({name: executor.content(EVALUATE, name) for name in outputs}):
            found.append(operation.layer)
    return found[0] if found else None


@dataclass(frozen=True)
class Spike:
    """A ``loss`` far above the ``usual`` one."""

    loss: float
    usual: float


class SpikeWatch:
    """Flags losses that leap: far above the running median, measured by the running MAD.

    A loss that stays high is flagged once, and becomes the usual one as the window moves on. ``first_loss``
    is the median of a training's first losses, None before it is known.
    """

    def __init__(self, first_loss: float | None = None) -> None:
        self.first_loss = first_loss
        self._losses: deque[float] = deque(maxlen=WINDOW)
        self._until_renewal = 0
        self._usual = 0.0
        self._limit = math.inf
        self._is_high = False

    def judge(self, loss: float) -> Spike | None:
        """Take the mean loss of the next step; return what is wrong with it, if anything is new."""
        if not math.isfinite(loss):
            return None  # there is another word for that
        was_high, self._is_high = self._is_high, loss > self._limit
        self._losses.append(loss)
        usual = self._usual
        self._renew()
        return Spike(loss, usual) if self._is_high and not was_high else None

    def _renew(self) -> None:
        self._until_renewal -= 1
        if self._until_renewal > 0 or len(self._losses) < _FEWEST:
            return
        self._until_renewal = _RENEW_EVERY
        losses = np.array(self._losses)
        self._usual = float(np.median(losses))
        if self.first_loss is None:
            self.first_loss = self._usual
        deviation = _DEVIATIONS_PER_MAD * float(np.median(np.abs(losses - self._usual)))
        self._limit = self._usual + DEVIATIONS * max(deviation, LEAST_DEVIATION * abs(self.first_loss))
