"""How the learning rate changes over a training."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import ClassVar

from engine.layers.fields import FieldSpec, field_specs, real, whole, whole_list

_RATE_WORDS = {
    "title": "Learning rate",
    "help": "Step size of the weights, before the layers' own factors.",
    "group": "training",
    "minimum": 0.0,
}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A learning rate as a function of the epoch, which may be a fraction, of a training of some epochs.

    During the first ``warm_up`` epochs the rate rises from 0 in a straight line to what it would be.
    """

    kind: ClassVar[str]
    title: ClassVar[str]

    rate: float = real(0.01, **_RATE_WORDS)
    warm_up: float = real(
        0.0,
        minimum=0.0,
        title="Warm-up",
        unit="epochs",
        help="The rate rises from 0 during so many epochs.",
        group="training",
    )

    @classmethod
    def specs(cls) -> dict[str, FieldSpec]:
        """Return the specs of this kind's fields by name, in order."""
        return field_specs(cls)

    def rate_at(self, epoch: float, epochs: int) -> float:
        """Return the learning rate ``epoch`` epochs after the start of a training of ``epochs``."""
        warmth = epoch / self.warm_up if epoch < self.warm_up else 1.0
        return warmth * self.course(epoch, min(1.0, epoch / epochs))

    def course(self, epoch: float, progress: float) -> float:
        """Return the rate without warm-up at an epoch, which is a share ``progress`` of the training."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """The same rate all along. cuda-convnet: const."""

    kind = "constant"
    title = "Constant"

    def course(self, epoch: float, progress: float) -> float:
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

    def course(self, epoch: float, progress: float) -> float:
        # Factor by factor: a power that overflows would raise, a product becomes infinite.
        return math.prod([self.factor] * bisect_right(self.epochs, epoch), start=self.rate)


@dataclass(frozen=True, kw_only=True)
class Falling(Schedule):
    """A rate that is divided by ``divisor`` from the start of the training to its end."""

    divisor: float = real(
        10.0,
        minimum=1e-9,
        maximum=1e9,
        title="Divided by",
        help="What the rate is divided by in the end.",
        group="training",
    )


@dataclass(frozen=True, kw_only=True)
class Linear(Falling):
    """In a straight line from the rate to rate / divisor. cuda-convnet2: linear."""

    kind = "linear"
    title = "Linear"

    def course(self, epoch: float, progress: float) -> float:
        return self.rate + (self.rate / self.divisor - self.rate) * progress


@dataclass(frozen=True, kw_only=True)
class Exponential(Falling):
    """By the same factor in equal times: rate · divisor^−progress. cuda-convnet2: exp."""

    kind = "exp"
    title = "Exponential"

    def course(self, epoch: float, progress: float) -> float:
        return self.rate * math.pow(self.divisor, -progress)


@dataclass(frozen=True, kw_only=True)
class ExponentialSteps(Falling):
    """By the same factor at the start of each of ``steps`` equal parts but the first. cuda-convnet2: dexp."""

    kind = "dexp"
    title = "Exponential steps"

    steps: int = whole(
        3,
        minimum=2,
        title="Steps",
        help="Number of equal parts of the training, each with a rate of its own.",
        group="training",
    )

    def course(self, epoch: float, progress: float) -> float:
        step = min(self.steps - 1, math.floor(progress * self.steps))
        return self.rate * math.pow(self.divisor, -step / (self.steps - 1))


@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """Along half a cosine from the rate to rate · final. Source: Loshchilov and Hutter 2017, SGDR, eq. 5."""

    kind = "cosine"
    title = "Cosine"

    final: float = real(
        0.0,
        minimum=0.0,
        maximum=1.0,
        title="Final share",
        help="Share of the rate that is left in the end.",
        group="training",
    )

    def course(self, epoch: float, progress: float) -> float:
        wave = (1.0 + math.cos(math.pi * progress)) / 2.0
        return self.rate * (self.final + (1.0 - self.final) * wave)


SCHEDULES: dict[str, type[Schedule]] = {
    schedule.kind: schedule for schedule in (Constant, Steps, Linear, Exponential, ExponentialSteps, Cosine)
}
"""Schedules by the name of their kind, as files hold it."""
