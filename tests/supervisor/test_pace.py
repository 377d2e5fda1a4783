"""Slowness is judged by what is usual for the run."""

from __future__ import annotations

from engine.supervisor.pace import LEAST, Pace


def test_a_step_that_takes_ten_times_as_long_as_usual_is_slow() -> None:
    pace = Pace(0.0)
    pace.rest(100.0)
    for number in range(10):
        pace.step(number, 100.0 + 20.0 * number)
    assert not pace.is_slow(280.0 + 199.0)
    assert pace.is_slow(280.0 + 201.0)
    assert pace.waited(480.0) == 200.0


def test_quick_steps_are_given_their_time_all_the_same() -> None:
    pace = Pace(0.0)
    for number in range(10):
        pace.step(100 * number, 0.1 * number)
    assert not pace.is_slow(0.9 + LEAST - 1)
    assert pace.is_slow(0.9 + LEAST + 1)


def test_what_comes_between_steps_does_not_count() -> None:
    pace = Pace(0.0)
    pace.step(1, 1.0)
    pace.rest(500.0)
    assert not pace.is_slow(510.0)
    pace.step(2, 510.0)
    assert not pace.is_slow(530.0)


def test_news_of_the_same_step_are_no_step() -> None:
    pace = Pace(0.0)
    pace.step(7, 1.0)
    pace.step(7, 60.0)
    assert pace.is_slow(61.0)
