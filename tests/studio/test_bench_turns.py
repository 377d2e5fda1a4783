"""Measuring by turns what something costs a process."""

from __future__ import annotations

from itertools import count

import numpy as np
import psutil
import pytest

from studio.bench_turns import costs_by_turns, kept_awake, mean_and_spread, student_95


def test_what_it_costs_is_found_though_the_machine_grows_slower() -> None:
    clock, kinds = count(), []

    def take_turn(is_with: bool) -> np.ndarray:
        kinds.append(is_with)
        return np.array([(1.05 if is_with else 1.0) + 0.01 * next(clock), 100.0])

    costs = costs_by_turns(take_turn, pairs=2, turns=2)
    assert kinds == [True, False, False, True] * 2
    assert costs == pytest.approx([0.1 / 2.03, 0.1 / 2.11])  # of what the steps without it took


def test_an_interval_is_that_of_the_number_of_pairs() -> None:
    assert student_95(20) == pytest.approx(2.093, abs=0.001)
    assert student_95(7) == pytest.approx(2.447, rel=0.01)
    mean, spread = mean_and_spread([0.01, 0.03])
    assert mean == pytest.approx(0.02)
    assert spread > 0.02
    assert mean_and_spread([0.01]) == (0.01, float("inf"))


def test_what_keeps_a_core_awake_ends_with_the_measurement() -> None:
    before = psutil.Process().children()  # tests of processes may have left one that starts others
    with kept_awake(1):
        (spinning,) = set(psutil.Process().children()) - set(before)
    assert not psutil.pid_exists(spinning.pid)
