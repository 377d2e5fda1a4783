"""Fills StepControl before each step: what may change without compiling again."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from engine.graph.settings import TrainingSettings
from engine.plan.compile.draft import COUNTERS, SETTINGS
from engine.plan.types import WeightSlot
from kernels import control


class StepControl:
    """The host's side of the step's record, in the executor's ``arrays``."""

    def __init__(
        self,
        arrays: dict[str, NDArray[Any]],
        slots: tuple[WeightSlot, ...],
        settings: TrainingSettings,
        seed: int,
    ) -> None:
        self._counters = arrays[COUNTERS]
        self._rows = arrays[SETTINGS]
        self._slots = slots
        self._settings = settings
        self._counters[control.SEED] = seed
        self._counters[control.UPDATE] = 1
        self._counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP

    @property
    def first_bad_step(self) -> int | None:
        """The first step whose loss was not finite, if there was one."""
        step = int(self._counters[control.FIRST_BAD_STEP])
        return None if step == control.NO_BAD_STEP else step

    def set_batch(self, *, step: int, epoch: int, cursor: int, valid: int) -> None:
        """Tell the next program which step it is and how many rows of its batch hold an example."""
        self._counters[control.STEP] = step
        self._counters[control.EPOCH] = epoch
        self._counters[control.CURSOR] = cursor
        self._counters[control.VALID] = valid

    def set_rates(self, epoch: float) -> float:
        """Set rate, momentum and decay of each weight; return the network's own rate at ``epoch``."""
        rate = self._settings.schedule.rate_at(epoch)
        for slot in self._slots:
            learning = slot.learning
            row = self._rows[slot.slot]
            row[control.RATE] = rate * learning.rate
            row[control.MOMENTUM] = _own(learning.momentum, self._settings.momentum)
            row[control.DECAY] = _own(learning.decay, self._settings.decay)
        return rate


def _own(value: float | None, of_network: float) -> float:
    return of_network if value is None else value
