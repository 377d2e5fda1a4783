"""The trainer's parts: snapshots, step control, figures, clock."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.schedules import Steps
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import Conv, CrossEntropy
from engine.parallel.team import ALONE
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.runtime.arrays import Arrays
from engine.runtime.cpu import Cpu
from engine.runtime.executor import Executor
from engine.training import clock
from engine.training.clock import StepClock
from engine.training.figures import CostMeter
from engine.training.probes import LARGEST_SNAPSHOT, SNAPSHOTS, probed_weights, snapshot_steps
from engine.training.snapshots import Snapshots
from engine.training.step_control import StepControl
from kernels import control
from tests.graph.networks import small_graph


@given(st.integers(1, 2_000_000))
def test_at_least_60_snapshots_are_kept_of_60_steps_or_more(total: int) -> None:
    steps = sorted(snapshot_steps(total))
    assert steps[0] == 0
    assert steps[-1] == total
    assert min(total + 1, 61) <= len(steps) <= SNAPSHOTS + 1


def test_all_steps_of_a_short_training_are_kept() -> None:
    assert snapshot_steps(40) == frozenset(range(41))


@given(st.integers(1000, 2_000_000))
def test_snapshots_come_at_even_ratios_once_they_are_more_than_one_step_apart(total: int) -> None:
    steps = [step for step in sorted(snapshot_steps(total)) if step > 100]
    ratios = [later / earlier for earlier, later in itertools.pairwise(steps)]
    assert max(ratios) < 1.35
    assert max(ratios) - min(ratios) < 0.05


def test_a_run_that_began_at_a_checkpoint_has_as_many_snapshots_as_any_over_its_own_course(
    tmp_path: Path,
) -> None:
    course: Any = SimpleNamespace(total_steps=80_400)
    others: Any = SimpleNamespace(dtype="float32")
    told: Any = SimpleNamespace(snapshot_kept=lambda step: None)
    made = [
        Snapshots(tmp_path, others, {}, course=course, shared=others, team=ALONE, observer=told)
        for _ in range(2)
    ]
    assert made[0].begin(79_000)
    made[0].keep(79_000)
    due = [step for step in range(80_401) if made[0].is_due(step)]
    assert (due[0], due[-1]) == (79_000, 80_400)
    assert len(due) == len(snapshot_steps(1400))
    assert not made[1].begin(79_300), "a resume goes on with these"
    assert [step for step in range(80_401) if made[1].is_due(step)] == due
    made[1].drop_after(0)
    assert made[1].is_due(1), "anew from the start"


def test_convolutions_are_probed_first_as_far_as_there_is_room() -> None:
    graph = small_graph()
    assert probed_weights(infer(graph), "float32") == ("conv1.weights", "fc10.weights")
    fitting = LARGEST_SNAPSHOT // (3 * 3 * 4)
    for filters, probed in ((fitting, ("conv1.weights",)), (fitting + 1, ())):
        graph.replace("conv1", Conv(filters=filters, size=(3, 3), padding=(1, 1)))
        assert probed_weights(infer(graph), "float32") == probed


# ---- Step control ----------------------------------------------------------------------------------------


def test_settings_of_a_step_reach_the_row_of_each_weight() -> None:
    graph = small_graph()
    graph.replace("conv1", Conv(filters=4, size=(3, 3), padding=(1, 1), rate=2.0, momentum=0.5, decay=0.25))
    plan = compile_network(graph, 2)
    arrays = Executor(plan).arrays
    settings = TrainingSettings(schedule=Steps(rate=0.1, factor=0.5, epochs=(3,)), momentum=0.9, decay=0.125)
    steps = StepControl(arrays, plan.slots, settings, seed=11)
    assert steps.set_rates(2.5) == 0.1
    rows = {slot.weight: arrays["settings"][slot.slot].tolist() for slot in plan.slots}
    assert rows == {
        "conv1.weights": [0.2, 0.5, 0.25],
        "conv1.biases": [0.1, 0.5, 0.0],
        "fc10.weights": [0.1, 0.9, 0.125],
        "fc10.biases": [0.1, 0.9, 0.0],
    }
    assert steps.set_rates(3.0) == 0.05
    assert arrays["settings"][0, control.RATE] == 0.1


def test_counters_tell_the_batch_and_remember_the_first_bad_step() -> None:
    plan = compile_network(small_graph(), 2)
    arrays = Executor(plan).arrays
    steps = StepControl(arrays, plan.slots, TrainingSettings(), seed=11)
    steps.set_batch(step=5, epoch=2, cursor=64, valid=1)
    counters = arrays["counters"]
    assert [int(counters[i]) for i in (control.STEP, control.EPOCH, control.CURSOR, control.VALID)] == [
        5,
        2,
        64,
        1,
    ]
    assert (counters[control.SEED], counters[control.UPDATE]) == (11, 1)
    assert steps.first_bad_step is None
    counters[control.FIRST_BAD_STEP] = 0
    assert steps.first_bad_step == 0


# ---- Figures ---------------------------------------------------------------------------------------------


def meter() -> tuple[CostMeter, list[np.ndarray]]:
    """Return a meter of two costs with coefficients 1 and 0.5, and their sums."""
    graph = small_graph()
    graph.add("loss2", CrossEntropy(coefficient=0.5))
    for wire in graph.inputs("loss"):
        graph.connect(type(wire)(wire.source, "loss2", wire.port))
    sums = {f"{name}.metrics": np.zeros(control.METRICS) for name in ("loss", "loss2")}
    return CostMeter(Arrays(Cpu(0), sums, {}), infer(graph)), list(sums.values())


def test_figures_are_means_and_are_taken_once() -> None:
    costs, (first, second) = meter()
    first[:] = (8.0, 1.0, 4.0)
    second[:] = (4.0, 3.0, 4.0)
    figures = costs.take()
    assert (figures.loss, figures.error, figures.examples) == (8 / 4 + 0.5 * 4 / 4, 0.25, 4)
    assert not first.any()
    assert not second.any()


def test_means_over_nothing_are_no_numbers() -> None:
    figures = meter()[0].take()
    assert math.isnan(figures.loss)
    assert math.isnan(figures.error)


def test_sums_that_are_put_aside_come_back() -> None:
    costs, (first, _) = meter()
    first[:] = (8.0, 1.0, 4.0)
    saved = costs.save()
    costs.take()
    costs.restore(saved)
    assert first.tolist() == [8.0, 1.0, 4.0]


# ---- Clock -----------------------------------------------------------------------------------------------


def test_the_clock_times_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of 1 s, then 10 s of something else, then a step of 2 s; the rate is that of the last 3 s."""
    times = iter([0.0, 1.0, 2.0, 12.0, 14.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(times))
    steps = StepClock()
    assert steps.examples_per_second == 0.0
    assert [steps.lap(10), steps.lap(10)] == [1.0, 1.0]
    assert steps.examples_per_second == 10.0
    steps.start()
    assert steps.lap(40) == 2.0
    assert steps.examples_per_second == pytest.approx(50 / 3)


def test_the_clock_tells_how_much_of_a_step_was_communication(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 2.0, 6.0, 7.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(times))
    steps = StepClock()
    steps.communicated(0.25)
    steps.communicated(0.25)
    steps.lap(10)
    assert steps.communication_share == 0.25
    steps.lap(10)  # longer than what is looked back on: the step before is forgotten
    assert steps.communication_share == 0.0


def test_the_clock_tells_how_much_of_a_step_was_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of 2 s, of which 0.5 s for the batch; one of 1 s without a wait."""
    times = iter([0.0, 0.5, 2.0, 2.0, 3.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(times))
    steps = StepClock()
    assert (steps.step_seconds, steps.waiting_share) == (0.0, 0.0)
    steps.got_batch()
    steps.lap(10)
    assert (steps.step_seconds, steps.waiting_share) == (2.0, 0.25)
    steps.got_batch()
    steps.lap(10)
    assert steps.step_seconds == 1.5
    assert steps.waiting_share == pytest.approx(0.5 / 3)
