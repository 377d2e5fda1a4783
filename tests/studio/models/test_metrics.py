"""The columns of a run's figures."""

import math

import numpy as np
import pytest

from studio.models.metrics import Metrics, MetricTable
from tests.studio.fake_engine import row


def test_columns_hold_every_row_however_often_they_grew():
    table = MetricTable()
    for step in range(1000):
        table.append(step + 1, row(step, loss=step / 7))
    np.testing.assert_array_equal(table.column("step"), np.arange(1000))
    np.testing.assert_array_equal(table.column("loss"), np.arange(1000) / 7)
    np.testing.assert_array_equal(table.column("sequence"), np.arange(1, 1001))


def test_rewinding_forgets_later_steps_and_keeps_the_step_itself():
    table = MetricTable()
    for step in (10, 20, 30):
        table.append(step, row(step))
    table.rewind(20)
    assert table.column("step").tolist() == [10, 20]
    table.append(4, row(25, loss=9.0))
    assert table.column("loss").tolist() == [1.0, 1.0, 9.0]


@pytest.mark.parametrize("window", [1, 3, 50])
def test_running_means_agree_with_a_plain_loop_and_leave_out_what_is_not_finite(window):
    random = np.random.default_rng(1)
    losses = random.uniform(size=40)
    losses[[0, 7, 8, 9]] = math.nan
    losses[20] = math.inf
    table = MetricTable()
    for step, loss in enumerate(losses):
        table.append(step, row(step, loss=float(loss)))
    rows = np.arange(40)
    with np.errstate(all="ignore"):
        expected = [
            np.mean(part[np.isfinite(part)]) if np.isfinite(part).any() else math.nan
            for part in (losses[max(0, at - window + 1) : at + 1] for at in rows)
        ]
    np.testing.assert_allclose(table.mean_over("loss", rows, window), expected, rtol=1e-12)


def test_a_diverging_loss_leaves_no_trace_in_the_means_after_it():
    table = MetricTable()
    for step, loss in enumerate((1e30, 0.25, 0.75)):
        table.append(step, row(step, loss=loss))
    assert table.mean_over("loss", np.array([2]), 2)[0] == 0.5


def test_rows_go_to_the_table_of_their_split():
    metrics = Metrics()
    metrics.append(1, row(5, split="train"))
    metrics.append(2, row(5, loss=0.5, split="test"))
    assert len(metrics["train"]) == len(metrics["test"]) == 1
    assert metrics.last("test", "loss") == 0.5
    assert metrics.last("validation", "loss") is None
