"""The ticks of the plots' axes."""

import numpy as np
import pytest

from studio.qt.dashboard.axes import ROOM_ACROSS, ROOM_UP, PlaceAxis, ValueAxis


@pytest.mark.parametrize(("high", "size"), [(10, 400), (10, 60), (0.03, 300), (1e6, 800), (3, 250)])
def test_ticks_are_round_multiples_and_never_crowd(qapp, high, size):
    ((step, ticks),) = ValueAxis().tickValues(0.0, high, size)
    assert float(f"{step:.0e}"[0]) in (1, 2, 5)
    np.testing.assert_allclose(np.diff(ticks), step)
    assert step / high * size >= min(ROOM_UP, size) * (1 - 1e-9)
    assert ticks[0] == 0.0


def test_steps_are_whole_and_times_are_steps_of_a_clock(qapp):
    axis = PlaceAxis()
    axis.set_axis("step")
    ((step, _),) = axis.tickValues(0.0, 3.0, 800)
    assert step == 1.0
    assert axis.tickStrings([0.0, 12000.0], 1, 1) == ["0", "12,000"]
    axis.set_axis("time")
    ((step, ticks),) = axis.tickValues(0.0, 95.0, 4 * ROOM_ACROSS)
    assert step == 30.0
    assert axis.tickStrings(ticks, 1, step) == ["0:00", "0:30", "1:00", "1:30"]


def test_a_logarithmic_axis_names_values_not_their_logarithms(qapp):
    axis = ValueAxis()
    axis.set_log(True)
    ((_, ticks),) = axis.tickValues(-1.0, 0.5, 200)
    assert axis.tickStrings(ticks, 1, 1) == ["0.1", "0.2", "0.5", "1", "2"]
    ((_, ticks),) = axis.tickValues(-5.0, 1.0, 200)
    assert axis.tickStrings(ticks, 1, 1) == ["1e-05", "0.0001", "0.001", "0.01", "0.1", "1", "10"]


def test_a_logarithmic_axis_names_values_also_within_less_than_a_decade(qapp):
    axis = ValueAxis()
    axis.set_log(True)
    ((_, ticks),) = axis.tickValues(np.log10(88.5), np.log10(93.2), 6 * ROOM_UP)
    assert axis.tickStrings(ticks, 1, 1) == ["89", "90", "91", "92", "93"]
    ((_, ticks),) = axis.tickValues(np.log10(2.2), np.log10(7.0), 6 * ROOM_UP)
    assert axis.tickStrings(ticks, 1, 1) == ["3", "4", "5", "6", "7"]


def test_large_values_are_short_and_read_at_a_glance(qapp):
    values = [0.0, 0.025, 500.0, 2500.0, 50_000.0, 250_000.0, 1.5e6, 1e12]
    assert ValueAxis().tickStrings(values, 1, 1) == [
        "0",
        "0.025",
        "500",
        "2,500",
        "50k",
        "250k",
        "1.5M",
        "1e+12",
    ]
