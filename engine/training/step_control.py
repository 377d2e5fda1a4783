"""Fills StepControl before each step: what may change without compiling again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from engine.graph.settings import TrainingSettings
from engine.plan.compile.draft import COUNTERS, SETTINGS
from engine.plan.types import WeightSlot
from engine.runtime.arrays import Arrays
from kernels import control


class StepControl:
    """The host's side of the step's record, in the executor's ``arrays``."""

    def __init__(
        self,
        arrays: Arrays,
        slots: tuple[WeightSlot, ...],
        settings: TrainingSettings,
        seed: int,
        offsets: Mapping[str, int] | None = None,
    ) -> None:
        """``offsets`` are all counters, with where in the global batch their first row lies."""
        self._arrays = arrays
        self._counters = {name: arrays[name].copy() for name in offsets or {COUNTERS: 0}}
        self._rows = arrays[SETTINGS].copy()
        self._sent: tuple[float, TrainingSettings] | None = None
        self._slots = slots
        self._settings = settings
        for name, counters in self._counters.items():
            counters[control.SEED] = seed
            counters[control.OFFSET] = offsets[name] if offsets else 0
        self.forget_bad_step()

    @property
    def first_bad_step(self) -> int | None:
        """The first step whose loss was not finite, if there was one."""
        return first_bad_step(self._arrays[COUNTERS])

    def use(self, settings: TrainingSettings) -> None:
        """Take rates, momentum and decay from these settings from now on."""
        self._settings = settings

    def forget_bad_step(self) -> None:
        """Update weights again: they were put back to what they were before that step."""
        for name, counters in self._counters.items():
            counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP
            self._arrays[name] = counters

    def set_batch(self, *, step: int, epoch: int, cursor: int, valid: int, updates: bool = True) -> None:
        """Tell the next program which step it is, how many rows hold an example, and whether it updates."""
        for name, counters in self._counters.items():
            counters[control.STEP] = step
            counters[control.EPOCH] = epoch
            counters[control.CURSOR] = cursor
            counters[control.VALID] = valid
            counters[control.UPDATE] = updates
            # The first bad step, which comes after these, is the device's to tell.
            self._arrays.set_first(name, counters[: control.FIRST_BAD_STEP])

    def set_rates(self, epoch: float) -> float:
        """Set rate, momentum and decay of each weight; return the network's own rate at ``epoch``."""
        rate = self._settings.schedule.rate_at(epoch, self._settings.epochs)
        if self._sent != (rate, self._settings):
            self._sent = (rate, self._settings)
            self._send_rates(rate)
        return rate

    def _send_rates(self, rate: float) -> None:
        for slot in self._slots:
            learning = slot.learning
            row = self._rows[slot.slot]
            row[control.RATE] = rate * learning.rate
            row[control.MOMENTUM] = _own(learning.momentum, self._settings.momentum)
            row[control.DECAY] = _own(learning.decay, self._settings.decay)
        self._arrays[SETTINGS] = self._rows


def first_bad_step(counters: NDArray[Any]) -> int | None:
    """Return the first step whose loss was not finite, if ``counters`` tell of one."""
    step = int(counters[control.FIRST_BAD_STEP])
    return None if step == control.NO_BAD_STEP else step


def _own(value: float | None, of_network: float) -> float:
    return of_network if value is None else value
