"""Figures as people read them."""

import math

import pytest

from studio.models.readings import duration, gigabytes, percent, three_digits


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (0.0123456, "0.0123"),
        (0.5, "0.500"),
        (-1.234, "-1.23"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (0.00001234, "1.23e-05"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_three_significant_digits(value, text):
    assert three_digits(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")]
)
def test_durations_read_as_clocks(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.0234, "2.34 %"), (0.123, "12.3 %"), (1.0, "100.0 %"), (math.nan, "– %")]
)
def test_fractions_in_per_cent(fraction, text):
    assert percent(fraction) == text


def test_bytes_in_gigabytes():
    assert gigabytes(2_147_000_000) == "2.15 GB"
