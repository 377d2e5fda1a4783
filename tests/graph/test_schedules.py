"""Learning rates over a training."""

from __future__ import annotations

import math

import pytest

from engine.graph.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    ExponentialSteps,
    Linear,
    Schedule,
    Steps,
)
from engine.graph.settings import TrainingSettings

SLOPE = math.sqrt(0.5)


@pytest.mark.parametrize("epoch", [0.0, 0.5, 1000.0])
def test_constant_never_changes(epoch: float) -> None:
    assert Constant(rate=0.25).rate_at(epoch, 8) == 0.25


@pytest.mark.parametrize(
    ("epoch", "rate"),
    [(0.0, 8.0), (1.999, 8.0), (2.0, 4.0), (4.5, 4.0), (5.0, 2.0), (6.0, 1.0), (1e6, 1.0)],
)
def test_steps_change_at_the_start_of_their_epochs(epoch: float, rate: float) -> None:
    assert Steps(rate=8.0, factor=0.5, epochs=(2, 5, 6)).rate_at(epoch, 8) == rate


def test_a_step_at_epoch_zero_counts_from_the_start() -> None:
    assert Steps(rate=8.0, factor=0.5, epochs=(0,)).rate_at(0.0, 8) == 4.0


def test_a_rate_beyond_all_numbers_is_infinite_and_raises_nothing() -> None:
    """Training then ends with NotFiniteError, which names the step."""
    assert Steps(rate=1.0, factor=1e300, epochs=(1, 2)).rate_at(2.0, 8) == math.inf


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (Linear(rate=1.0, divisor=10.0), [1.0, 0.775, 0.55, 0.325, 0.1]),
        (Exponential(rate=1.0, divisor=16.0), [1.0, 0.5, 0.25, 0.125, 0.0625]),
        (ExponentialSteps(rate=1.0, divisor=100.0, steps=3), [1.0, 1.0, 0.1, 0.01, 0.01]),
        (
            Cosine(rate=1.0, final=0.2),
            [1.0, 0.6 + 0.4 * SLOPE, 0.6, 0.6 - 0.4 * SLOPE, 0.2],
        ),
    ],
)
def test_rates_at_the_quarters_of_a_training(schedule: Schedule, rates: list[float]) -> None:
    """Linear goes 1 → 1/10, exp halves each quarter, dexp has 3 equal parts; after the end all stay."""
    assert [schedule.rate_at(quarter * 2.0, 8) for quarter in range(5)] == pytest.approx(rates)
    assert schedule.rate_at(100.0, 8) == pytest.approx(rates[-1])


def test_the_warm_up_rises_from_nothing_to_the_course() -> None:
    schedule = Steps(rate=1.0, factor=0.5, epochs=(1,), warm_up=2.0)
    assert [schedule.rate_at(epoch, 8) for epoch in (0.0, 0.5, 1.0, 2.0, 3.0)] == [0.0, 0.25, 0.25, 0.5, 0.5]


def test_schedules_are_found_by_the_name_in_files() -> None:
    assert SCHEDULES["constant"] is Constant
    assert SCHEDULES["steps"] is Steps
    assert isinstance(TrainingSettings().schedule, Constant)
