"""Counts with three significant digits."""

from __future__ import annotations

import pytest

from studio.models.quantities import short_count, short_time


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1.00 k"),
        (4812, "4.81 k"),
        (12_345, "12.3 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (61_700_000, "61.7 M"),
        (2.5e18, "2500 P"),
    ],
)
def test_counts_have_three_digits_and_a_prefix(number: float, text: str) -> None:
    """Small counts are exact."""
    assert short_count(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 µs"),
        (9.13e-6, "9.1 µs"),
        (31e-6, "31 µs"),
        (1.2e-4, "0.12 ms"),
        (0.035, "35 ms"),
        (12.0, "12 s"),
    ],
)
def test_times_have_two_digits_and_a_unit(seconds: float, text: str) -> None:
    """From microseconds to seconds."""
    assert short_time(seconds) == text
