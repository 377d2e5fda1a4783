"""How the learning rate changes over a training."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import ClassVar

from engine.layers.fields import FieldSpec, field_specs, real, whole_list

_RATE_WORDS = {
    "title": "Learning rate",
    "help": "Step size of the weights, before the layers' own factors.",
    "group": "training",
    "minimum": 0.0,
}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A learning rate as a function of the epoch, which may be a fraction."""

    kind: ClassVar[str]
    title: ClassVar[str]

    rate: float = real(0.01, **_RATE_WORDS)

    @classmethod
    def specs(cls) -> dict[str, FieldSpec]:
        """Return the specs of this kind's fields by name, in order."""
        return field_specs(cls)

    def rate_at(self, epoch: float) -> float:
        """Return the learning rate ``epoch`` epochs after the start."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """The same rate all along. cuda-convnet: const."""

    kind = "constant"
    title = "Constant"

    def rate_at(self, epoch: float) -> float:
        return self.rate


@dataclass(frozen=True, kw_only=True)
class Steps(Schedule):
    """Multiplied by ``factor`` at the start of each of ``epochs``."""

    kind = "steps"
    title = "Steps"

    factor: float = real(
        0.1,
        minimum=0.0,
        title="Factor",
        help="What the rate is multiplied by at each step.",
        group="training",
    )
    epochs: tuple[int, ...] = whole_list(
        (),
        title="At epochs",
        help="Epochs, counted from 0, at whose start the rate changes.",
        group="training",
    )

    def rate_at(self, epoch: float) -> float:
        # Factor by factor: a power that overflows would raise, a product becomes infinite.
        return math.prod([self.factor] * bisect_right(self.epochs, epoch), start=self.rate)


SCHEDULES: dict[str, type[Schedule]] = {schedule.kind: schedule for schedule in (Constant, Steps)}
"""Schedules by the name of their kind, as files hold it."""
