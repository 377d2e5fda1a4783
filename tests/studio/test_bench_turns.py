"""Measuring by turns what something costs a process."""

from __future__ import annotations

import os
from itertools import count

import numpy as np
import psutil
import pytest

from studio.bench_turns import cost_by_turns, kept_awake, mean_and_spread, pinned, student_95


def test_what_it_costs_is_found_though_the_machine_grows_slower() -> None:
    clock, kinds = count(), []

    def take_turn(is_with: bool) -> np.ndarray:
        kinds.append(is_with)
        return np.array([(1.05 if is_with else 1.0) + 0.01 * next(clock), 100.0])

    assert cost_by_turns(take_turn, 2) == pytest.approx(0.1 / 2.03)  # of what the steps without it took
    assert cost_by_turns(take_turn, 2, begins_with=False) == pytest.approx(0.1 / 2.11)
    assert kinds == [True, False, False, True, False, True, True, False]


def test_an_interval_is_that_of_the_number_of_pairs() -> None:
    assert student_95(20) == pytest.approx(2.093, abs=0.001)
    assert student_95(7) == pytest.approx(2.447, rel=0.01)
    mean, spread = mean_and_spread([0.01, 0.03])
    assert mean == pytest.approx(0.02)
    assert spread > 0.02
    assert mean_and_spread([0.01]) == (0.01, float("inf"))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads cannot be pinned here")
def test_a_core_is_the_same_for_one_that_is_pinned_already() -> None:
    before = os.sched_getaffinity(0)
    with pinned(0):
        first = os.sched_getaffinity(0)
        with pinned(1), pinned(0):
            assert os.sched_getaffinity(0) == first
    assert os.sched_getaffinity(0) == before


def test_what_keeps_a_core_awake_ends_with_the_measurement() -> None:
    before = psutil.Process().children()  # tests of processes may have left one that starts others
    with kept_awake(1):
        (spinning,) = set(psutil.Process().children()) - set(before)
    assert not psutil.pid_exists(spinning.pid)
