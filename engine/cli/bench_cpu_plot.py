"""The plot of ``convnet bench cpu --scaling``: examples/s over the batch size, both by powers, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, log2, log10

from engine.cli.bench_cpu_scaling import Times, threads_in_words

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 24, 48, 56
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Told apart by colour-blind people too; marks and dashes differ besides."""
_DASHES = ("none", "7 4", "2 3", "9 3 2 3")
_STYLE = "font-family:sans-serif;font-size:13px;fill:#222"


def draw_scaling(name: str, times: Times) -> str:
    """Return a picture with a line for each number of threads."""
    speeds = {
        count: [(batch, batch / row[count]) for batch, row in times.items()]
        for count in next(iter(times.values()))
    }
    every = [speed for line in speeds.values() for _, speed in line]
    low, high = floor(log10(min(every))), ceil(log10(max(every)))
    high = max(high, low + 1)
    last = max(log2(max(times)), 1.0)

    def x(batch: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * log2(batch) / last

    def y(speed: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (log10(speed) - low) / (high - low)

    def parts() -> Iterator[str]:
        yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" style="{_STYLE}">'
        yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
        yield _text(_LEFT, 24, f"{name}: training, examples/s by batch size", "start")
        for batch in times:
            yield _line(x(batch), _TOP, x(batch), _HEIGHT - _BOTTOM)
            yield _text(x(batch), _HEIGHT - _BOTTOM + 18, f"{batch:,}", "middle")
        for power in range(low, high + 1):
            yield _line(_LEFT, y(10.0**power), _WIDTH - _RIGHT, y(10.0**power))
            yield _text(_LEFT - 8, y(10.0**power) + 4, f"{10.0**power:,.0f}", "end")
        yield _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, "examples in a batch", "middle")
        for number, (count, line) in enumerate(speeds.items()):
            colour, dash = _COLOURS[number % 4], _DASHES[number % 4]
            points = " ".join(f"{x(batch):.1f},{y(speed):.1f}" for batch, speed in line)
            stroke = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
            yield f'<polyline points="{points}" {stroke}/>'
            for batch, speed in line:
                yield f'<circle cx="{x(batch):.1f}" cy="{y(speed):.1f}" r="3.5" fill="{colour}"/>'
            at = _HEIGHT - _BOTTOM - 16 - 20 * (len(speeds) - 1 - number)
            yield f'<line x1="{_WIDTH - 170}" y1="{at}" x2="{_WIDTH - 130}" y2="{at}" {stroke}/>'
            yield _text(_WIDTH - 122, at + 4, threads_in_words(count), "start")
        yield "</svg>"

    return "\n".join(parts()) + "\n"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
