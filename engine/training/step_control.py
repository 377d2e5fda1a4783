"""Fills StepControl before each step: what may change without compiling again."""

from __future__ import annotations

from collections.abc import Mapping
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
        offsets: Mapping[str, int] | None = None,
    ) -> None:
        """``offsets`` are all counters, with where in the global batch their first row lies."""
        self._all_counters = {name: arrays[name] for name in offsets or {COUNTERS: 0}}
        self._counters = arrays[COUNTERS]
        self._rows = arrays[SETTINGS]
        self._slots = slots
        self._settings = settings
        for name, counters in self._all_counters.items():
            counters[control.SEED] = seed
            counters[control.UPDATE] = 1
            counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP
            counters[control.OFFSET] = offsets[name] if offsets else 0

    @property
    def first_bad_step(self) -> int | None:
        """The first step whose loss was not finite, if there was one."""
        step = int(self._counters[control.FIRST_BAD_STEP])
        return None if step == control.NO_BAD_STEP else step

    def use(self, settings: TrainingSettings) -> None:
        """Take rates, momentum and decay from these settings from now on."""
        self._settings = settings

    def forget_bad_step(self) -> None:
        """Update weights again: they were put back to what they were before that step."""
        for counters in self._all_counters.values():
            counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP

    def set_batch(self, *, step: int, epoch: int, cursor: int, valid: int) -> None:
        """Tell the next program which step it is and how many rows of its batch hold an example."""
        for counters in self._all_counters.values():
            counters[control.STEP] = step
            counters[control.EPOCH] = epoch
            counters[control.CURSOR] = cursor
            counters[control.VALID] = valid

    def set_rates(self, epoch: float) -> float:
        """Set rate, momentum and decay of each weight; return the network's own rate at ``epoch``."""
        rate = self._settings.schedule.rate_at(epoch, self._settings.epochs)
        for slot in self._slots:
            learning = slot.learning
            row = self._rows[slot.slot]
            row[control.RATE] = rate * learning.rate
            row[control.MOMENTUM] = _own(learning.momentum, self._settings.momentum)
            row[control.DECAY] = _own(learning.decay, self._settings.decay)
        return rate


def _own(value: float | None, of_network: float) -> float:
    return of_network if value is None else value
