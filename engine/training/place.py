"""Where a training is, and how long it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.training.live_settings import LiveSettings

MOST_TRAIN_ROWS = 2000
"""Rows of training figures a run makes, about; steps between two rows follow from it."""


@dataclass
class Place:
    """Where a training is: steps done, epochs done, examples of the epoch seen, and s it took."""

    step: int = 0
    epoch: int = 0
    cursor: int = 0
    seconds: float = 0.0


class Course:
    """A training's length: epochs of so many ``examples`` each."""

    def __init__(self, examples: int, batch_size: int, settings: LiveSettings) -> None:
        self.examples = examples
        self._settings = settings
        self.steps_an_epoch = math.ceil(examples / batch_size)
        self._row_every = math.ceil(self.steps_an_epoch * self.epochs / MOST_TRAIN_ROWS)

    @property
    def epochs(self) -> int:
        """Epochs to train for, which may change while it does."""
        return self._settings.now.epochs

    @property
    def total_steps(self) -> int:
        """Steps of all epochs."""
        return self.steps_an_epoch * self.epochs

    def has_row(self, step: int) -> bool:
        """Whether training figures are told after so many steps."""
        return step % self._row_every == 0 or step == self.total_steps

    def epochs_at(self, place: Place) -> float:
        """Return the epochs done, with the part of the one under way."""
        return place.epoch + place.cursor / self.examples

    def examples_at(self, place: Place) -> int:
        """Return how many examples were seen, those of earlier epochs included."""
        return place.epoch * self.examples + place.cursor

    def examples_after(self, place: Place) -> int:
        """Return how many examples are still to be seen."""
        return max(max(self.epochs - place.epoch, 0) * self.examples - place.cursor, 0)
