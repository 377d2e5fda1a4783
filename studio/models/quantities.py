"""Numbers as people read them: three significant digits and a unit."""

from __future__ import annotations

_PREFIXES = ("", "k", "M", "G", "T", "P")


def short_count(number: float) -> str:
    """Return a count with three significant digits at most: "0", "431", "4.81 k", "61.7 M"."""
    value = float(number)
    for prefix in _PREFIXES:
        # 999.5 would round to 1000 of this prefix.
        if abs(value) < 999.5 or prefix == _PREFIXES[-1]:
            break
        value /= 1000.0
    if value >= 999.5 or (not prefix and value == int(value)):
        return f"{value:.0f} {prefix}".rstrip()
    return f"{value:#.3g}".rstrip(".") + f" {prefix}".rstrip()


def short_time(seconds: float) -> str:
    """Return a time with two significant digits: "0 µs", "31 µs", "0.12 ms", "35 ms", "0.35 s"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.0995 * size:
            return f"{seconds / size:#.2g}".rstrip(".") + f" {unit}"
    return "0 µs"


def short_bytes(number: float) -> str:
    """Return a size with three significant digits at most: "512 B", "65.5 kB", "1.20 MB"."""
    count = short_count(number)
    return f"{count}B" if " " in count else f"{count} B"
