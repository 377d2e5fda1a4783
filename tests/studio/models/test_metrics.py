"""The columns of a run's figures."""

import math

import msgspec
import numpy as np
import pytest

from studio.models import metrics
from studio.models.extremes import BLOCK
from studio.models.metrics import Metrics, MetricTable
from tests.studio.fake_engine import row


def test_columns_hold_every_row_however_often_they_grew():
    table = MetricTable()
    for step in range(1000):
        table.append(row(step, loss=step / 7))
    np.testing.assert_array_equal(table.column("step"), np.arange(1000))
    np.testing.assert_array_equal(table.column("loss"), np.arange(1000) / 7)


def test_rewinding_forgets_later_steps_and_keeps_the_step_itself():
    table = MetricTable()
    for step in (10, 20, 30):
        table.append(row(step))
    table.rewind(20)
    assert table.column("step").tolist() == [10, 20]
    table.append(row(25, loss=9.0))
    assert table.column("loss").tolist() == [1.0, 1.0, 9.0]


@pytest.mark.parametrize("window", [1, 3, 50])
def test_running_means_agree_with_a_plain_loop_and_leave_out_what_is_not_finite(window):
    random = np.random.default_rng(1)
    losses = random.uniform(size=40)
    losses[[0, 7, 8, 9]] = math.nan
    losses[20] = math.inf
    table = MetricTable()
    for step, loss in enumerate(losses):
        table.append(row(step, loss=float(loss)))
    rows = np.arange(40)
    with np.errstate(all="ignore"):
        expected = [
            np.mean(part[np.isfinite(part)]) if np.isfinite(part).any() else math.nan
            for part in (losses[max(0, at - window + 1) : at + 1] for at in rows)
        ]
    np.testing.assert_allclose(table.mean_over("loss", rows, rows - window), expected, rtol=1e-12)


def test_a_diverging_loss_leaves_no_trace_in_the_means_after_it():
    table = MetricTable()
    for step, loss in enumerate((1e30, 0.25, 0.75)):
        table.append(row(step, loss=loss))
    assert table.mean_over("loss", np.array([2]), np.array([0]))[0] == 0.5


def test_rows_go_to_the_table_of_their_split():
    metrics = Metrics()
    metrics.append(row(5, split="train"))
    metrics.append(row(5, loss=0.5, split="test"))
    assert len(metrics["train"]) == len(metrics["test"]) == 1
    assert metrics.last("test", "loss") == 0.5
    assert metrics.last("validation", "loss") is None


def test_many_rows_at_once_are_the_same_as_one_by_one():
    random = np.random.default_rng(2)
    losses = random.normal(size=1000)
    losses[[5, 500]] = math.nan, 1e12
    rows = [row(step, loss=float(loss)) for step, loss in enumerate(losses)]
    single, batched = MetricTable(), MetricTable()
    for each in rows:
        single.append(each)
    for start in (0, 1, 300, 301, 999):
        stop = {0: 1, 1: 300, 300: 301, 301: 999, 999: 1000}[start]
        batched.extend(rows[start:stop])
    some = np.arange(0, 1000, 7)
    for name in ("rows", "step", "loss", "loss_count"):
        np.testing.assert_array_equal(single.column(name), batched.column(name))
    np.testing.assert_allclose(
        single.mean_over("loss", some, some - 50), batched.mean_over("loss", some, some - 50)
    )
    for one, other in ((single, batched), (batched, single)):
        np.testing.assert_array_equal(one.extremes["loss"].high, other.extremes["loss"].high)
    finite = np.where(np.isfinite(losses), losses, np.nan)[:BLOCK]
    assert batched.extremes["loss"].low[0] == np.nanmin(finite)
    batched.rewind(100)
    assert len(batched.extremes["loss"].low) == 1
    assert batched.extremes["loss"].high[0] == np.nanmax(finite[:101])
    batched.append(row(101, loss=50.0))
    assert batched.extremes["loss"].high[0] == 50.0


def test_of_very_many_rows_neighbours_are_joined_and_no_peak_and_no_mean_is_lost(monkeypatch):
    monkeypatch.setattr(metrics, "MOST_POINTS", 1000)
    losses = 1.0 + np.sin(np.arange(5000) / 50)
    losses[1234], losses[3000], losses[2001] = 9.0, -4.0, math.nan
    table = MetricTable()
    for start in range(0, 5000, 250):
        table.extend([row(step, loss=float(losses[step])) for step in range(start, start + 250)])
    steps, counts = table.column("step"), table.column("rows")
    assert 500 <= len(table) <= 1000
    assert counts.sum() == 5000
    np.testing.assert_array_equal(np.cumsum(counts), steps + 1)  # a point is as new as its newest row
    assert (table.column("loss_high").max(), table.column("loss_low").min()) == (9.0, -4.0)
    assert (table.extremes["loss"].high.max(), table.extremes["loss"].low.min()) == (9.0, -4.0)
    for point in (0, 100, len(table) - 1):
        part = losses[steps[point] + 1 - int(counts[point]) : steps[point] + 1]
        assert table.column("loss")[point] == pytest.approx(np.nanmean(part))
    half = len(table) // 2
    mean = table.mean_over("loss", np.array([len(table) - 1]), np.array([half]))
    assert mean[0] == pytest.approx(np.nanmean(losses[steps[half] + 1 :]), rel=1e-9)


def test_further_figures_are_joined_too(monkeypatch):
    monkeypatch.setattr(metrics, "MOST_POINTS", 4)
    table = MetricTable()
    for step in range(5):
        further = {"top-5 error": step / 10} if step else {}
        table.append(msgspec.structs.replace(row(step), further=further))
    assert table.column("rows").tolist() == [2, 2, 1]
    np.testing.assert_allclose(table.column("top-5 error"), [0.1, 0.25, 0.4])
