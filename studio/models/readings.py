"""Figures of a training as people read them."""

from __future__ import annotations

import math


def three_digits(value: float) -> str:
    """Return 0.0123, 1.23, 12.3, 123 or 1,234; "–" for NaN."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else "∞"
    size = abs(value)
    if size == 0 or 1 <= size < 10:
        return f"{value:.2f}"
    if size >= 10:
        return f"{value:,.0f}" if size >= 100 else f"{value:.1f}"
    return f"{value:.2e}" if size < 1e-4 else f"{value:.{2 - math.floor(math.log10(size))}f}"


def percent(fraction: float) -> str:
    """Return a fraction in per cent, with two digits after the point below 10 %."""
    value = 100 * fraction
    if not math.isfinite(value):
        return f"{three_digits(value)} %"
    return f"{value:.2f} %" if abs(value) < 10 else f"{value:.1f} %"


def duration(seconds: float) -> str:
    """Return 0:07, 12:34 or 1:02:03."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def gigabytes(count: int) -> str:
    """Return bytes in GB."""
    return f"{three_digits(count / 1e9)} GB"
