"""The points that a plot gets."""

import math

import msgspec
import numpy as np
import pytest

from engine.protocol.messages import RunState as EngineState
from studio.models.curves import BUCKETS, MANY, MARKS, Curve, Curves, round_end, usual_top
from studio.models.run import RunModel
from tests.studio.fake_engine import FakeEngines, row, small_document


@pytest.fixture
def stage():
    engines = FakeEngines()
    run = RunModel(engines)
    run.train(small_document())  # 10 epochs
    engines.link.beat(EngineState.TRAINING, 0, total=1000)
    run.update()
    return run, engines.link, Curves(run)


def add(stage, *rows):
    run, link, _ = stage
    link.journal(*rows)
    run.update()


@pytest.mark.parametrize(
    ("axis", "places"), [("step", [100, 250]), ("epoch", [1.0, 2.5]), ("time", [1.0, 2.5])]
)
def test_rows_lie_on_the_axis_that_was_chosen(stage, axis, places):
    add(stage, row(100), row(250))
    curves = stage[2]
    curves.axis = axis
    assert curves.raw("train", "loss").x.tolist() == places


def test_thinning_keeps_every_peak(stage):
    losses = np.full(50_000, 0.5)
    losses[12_345], losses[40_001] = 9.0, -3.0
    add(stage, *(row(step, loss=float(loss)) for step, loss in enumerate(losses)))
    curve = stage[2].raw("train", "loss")
    assert len(curve.x) <= 2 * BUCKETS
    assert (curve.y.max(), curve.y.min()) == (9.0, -3.0)
    assert (np.diff(curve.x) >= 0).all()


def test_a_row_that_is_not_finite_is_a_gap_and_the_rest_stays(stage):
    add(stage, row(1, loss=1.0), row(2, loss=math.nan), row(3, loss=math.inf), row(4, loss=2.0))
    curve = stage[2].raw("train", "loss")
    np.testing.assert_array_equal(curve.y, [1.0, math.nan, math.nan, 2.0])
    assert np.isfinite(stage[2].smooth("train", "loss").y).all()


def test_only_what_is_visible_is_drawn_and_one_row_beyond_on_each_side(stage):
    add(stage, *(row(step) for step in range(0, 100, 10)))
    curves = stage[2]
    curves.axis = "step"
    assert curves.raw("train", "loss", 35, 52).x.tolist() == [30, 40, 50, 60]


def test_no_rows_make_no_curve(stage):
    curves = stage[2]
    assert len(curves.raw("test", "error").x) == len(curves.smooth("train", "loss").x) == 0
    assert curves.reading(3.0) is None


def test_a_reading_gives_the_nearest_rows_of_all_splits(stage):
    add(stage, row(100, loss=1.0), row(200, loss=0.5), row(200, loss=0.6, split="validation", error=0.25))
    reading = stage[2].reading(1.9)  # epochs
    assert (reading.step, reading.epoch, reading.seconds) == (200, 2.0, 2.0)
    assert reading.values["train", "loss"] == 0.5
    assert reading.values["validation", "error"] == 0.25
    assert ("test", "loss") not in reading.values
    assert stage[2].newest() == reading


def test_a_scale_leaves_out_the_first_steps_and_spikes_but_no_course():
    y = np.full(1000, 0.5)
    y[:5], y[700] = 40.0, math.nan
    assert usual_top([Curve(np.arange(1000.0), y)]) == 0.5
    assert usual_top([Curve(np.arange(3.0), np.array([3.0, 2.0, 1.0]))]) == pytest.approx(3.0, rel=0.05)
    assert usual_top([]) == 1.0


@pytest.mark.parametrize("count", [0, 1, MARKS, 7 * MARKS + 3])
def test_few_points_of_a_line_are_marked_and_the_last_one_always(count):
    marks = Curve(np.arange(float(count)), np.arange(float(count))).marks()
    assert min(count, MARKS) // 2 <= len(marks.x) <= MARKS
    assert len(marks.x) == 0 or marks.x[0] == count - 1


def test_the_axis_ends_at_the_newest_row_of_any_split(stage):
    assert stage[2].end == 0.0
    add(stage, row(100), row(300, split="test"))
    assert stage[2].end == 3.0


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.0, 1.0), (0.031, 0.04), (1.0, 1.0), (1.1, 1.5), (9.0, 10.0), (10.0, 10.0), (431.0, 500.0)],
)
def test_axes_end_at_round_numbers_not_far_beyond(value, end):
    assert round_end(value) == pytest.approx(end)


def test_speed_is_that_between_rows_and_the_rate_that_of_the_row(stage):
    add(stage, *(row(step) for step in (10, 20, 40)))  # 32 examples a step of 0.01 s
    curves = stage[2]
    np.testing.assert_allclose(curves.raw("train", "speed").y, [math.nan, 3200, 3200])
    curves.axis = "step"
    np.testing.assert_allclose(curves.raw("train", "speed", 40, 40).y, [3200, 3200])
    assert curves.raw("train", "rate").y.tolist() == [0.01] * 3
    assert np.isnan(curves.raw("test", "speed").y).all()


def test_further_figures_are_columns_that_not_all_rows_have(stage):
    add(stage, row(10, split="test"))
    add(stage, msgspec.structs.replace(row(20, split="test"), further={"top-5 error": 0.25}))
    curves = stage[2]
    assert curves.quantities == ("loss", "error", "top-5 error", "rate", "speed")
    np.testing.assert_array_equal(curves.raw("test", "top-5 error").y, [math.nan, 0.25])
    assert curves.newest() is None
    assert len(curves.raw("train", "top-5 error").y) == 0


@pytest.mark.parametrize(("axis", "place"), [("step", 250.0), ("epoch", 2.5), ("time", 2.5)])
def test_a_step_has_a_place_on_each_axis(stage, axis, place):
    curves = stage[2]
    curves.axis = axis
    add(stage, row(100), row(250), row(300))
    assert curves.place_of(250) == pytest.approx(place)


def test_without_smoothing_the_strong_line_is_the_raw_one(stage):
    add(stage, *(row(step, loss=float(step % 2)) for step in range(100)))
    curves = stage[2]
    assert 0.2 < curves.smooth("train", "loss").y[-1] < 0.8
    curves.smoothing = 0.0
    assert curves.smooth("train", "loss").y[-1] == 1.0


def test_the_running_mean_is_over_a_share_of_the_run_so_far_however_long_it_will_be(stage):
    _, link, curves = stage
    link.beat(EngineState.TRAINING, 999, total=10**6)
    add(stage, *(row(step, loss=float(step)) for step in range(1000)))
    curves.smoothing = 0.1
    assert curves.smooth("train", "loss").y[-1] == pytest.approx(np.arange(900, 1000).mean(), abs=1.0)


def test_a_very_long_curve_is_thinned_by_blocks_and_loses_no_peak(stage):
    losses = np.full(MANY + 20_000, 0.5)
    losses[12_345], losses[40_001], losses[50] = 9.0, -3.0, math.nan
    add(stage, *(row(step, loss=float(loss)) for step, loss in enumerate(losses)))
    curves = stage[2]
    curves.axis = "step"
    curve = curves.raw("train", "loss")
    assert len(curve.x) <= 2 * BUCKETS
    assert (curve.y.max(), curve.y.min()) == (9.0, -3.0)
    assert abs(curve.x[curve.y.argmax()] - 12_345) < 2 * MANY / BUCKETS
    assert len(curves.raw("train", "speed").x) <= 2 * BUCKETS + 1
    assert np.nanmedian(curves.raw("train", "speed").y) == pytest.approx(3200)


@pytest.mark.parametrize(("axis", "begin"), [("step", 24_100.0), ("epoch", 241.0), ("time", 241.0)])
def test_plots_of_a_run_that_began_at_a_checkpoint_begin_there(stage, axis, begin):
    curves = stage[2]
    curves.axis = axis
    add(stage, row(24_100))
    assert curves.begin == 0.0
    add(stage, row(24_200))
    assert curves.begin == begin


def test_plots_of_other_runs_begin_at_0(stage):
    add(stage, *(row(step) for step in range(100, 5000, 100)))
    assert stage[2].begin == 0.0
