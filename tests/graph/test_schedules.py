"""Learning rates over a training."""

from __future__ import annotations

import math

import pytest

from engine.graph.schedules import SCHEDULES, Constant, Steps
from engine.graph.settings import TrainingSettings


@pytest.mark.parametrize("epoch", [0.0, 0.5, 1000.0])
def test_constant_never_changes(epoch: float) -> None:
    assert Constant(rate=0.25).rate_at(epoch) == 0.25


@pytest.mark.parametrize(
    ("epoch", "rate"),
    [(0.0, 8.0), (1.999, 8.0), (2.0, 4.0), (4.5, 4.0), (5.0, 2.0), (6.0, 1.0), (1e6, 1.0)],
)
def test_steps_change_at_the_start_of_their_epochs(epoch: float, rate: float) -> None:
    assert Steps(rate=8.0, factor=0.5, epochs=(2, 5, 6)).rate_at(epoch) == rate


def test_a_step_at_epoch_zero_counts_from_the_start() -> None:
    assert Steps(rate=8.0, factor=0.5, epochs=(0,)).rate_at(0.0) == 4.0


def test_a_rate_beyond_all_numbers_is_infinite_and_raises_nothing() -> None:
    """Training then ends with NotFiniteError, which names the step."""
    assert Steps(rate=1.0, factor=1e300, epochs=(1, 2)).rate_at(2.0) == math.inf


def test_schedules_are_found_by_the_name_in_files() -> None:
    assert SCHEDULES["constant"] is Constant
    assert SCHEDULES["steps"] is Steps
    assert isinstance(TrainingSettings().schedule, Constant)
