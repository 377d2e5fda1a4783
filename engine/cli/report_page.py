"""The parts of a report as HTML and SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 460, 240, 48, 24
_DASHES: Final = {"train": "", "validation": "6 3", "test": "2 3"}
_COLOURS: Final = {"train": "#2563c9", "validation": "#b26a00", "test": "#b83280"}
_OUTLIERS: Final = 0.03

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1d222b; background: #f6f7f9;
       margin: 0 auto; padding: 24px; max-width: 1000px; }
section { background: #fff; border: 1px solid #d9dde3; padding: 8px 20px 16px; margin: 16px 0;
          overflow-x: auto; }
h1 { font-size: 22px; } h2 { font-size: 16px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 2px 12px 2px 0; vertical-align: top; }
th { color: #5b6472; font-weight: 600; }
table.shade td, table.shade th { padding: 2px 8px; } table.shade td + td { text-align: right; }
svg { background: #fff; margin-right: 12px; } figure { margin: 12px 0; } figcaption { color: #5b6472; }
img.filters { image-rendering: pixelated; max-width: 100%; } pre { font-size: 12px; }
"""


def page(title: str, parts: Sequence[str]) -> str:
    """Return a page."""
    name = escape(title)
    head = f'<meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
    body = f"<h1>{name}</h1>{''.join(parts)}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def section(title: str, content: str) -> str:
    """Return a part of the page; nothing where it has no content."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def table(heading: Sequence[str], rows: Sequence[Sequence[object]], *, shade: bool = False) -> str:
    """Return a table. With ``shade``, numbers are the darker the larger their share of the row."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heading)
    body = "".join(f"<tr>{_cells(row, shade)}</tr>" for row in rows)
    kind = ' class="shade"' if shade else ""
    return f"<table{kind}>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _cells(row: Sequence[object], shade: bool) -> str:
    total = sum(value for value in row if isinstance(value, int)) or 1
    cells = []
    for value in row:
        share = value / total if shade and isinstance(value, int) else 0.0
        style = f' style="background:rgb(37 99 201 / {0.6 * share:.2f})"' if share else ""
        cells.append(f"<td{style}>{escape(str(value))}</td>")
    return "".join(cells)


def curves_svg(title: str, steps: Mapping[str, Sequence[int]], values: Mapping[str, Sequence[float]]) -> str:
    """Return curves over steps as SVG, from 0 up; values that are not finite are gaps."""
    end = max((found[-1] for found in steps.values() if found), default=0)
    finite = sorted(value for found in values.values() for value in found if math.isfinite(value))
    if not end or not finite:
        return ""
    top = finite[int((1 - _OUTLIERS) * (len(finite) - 1))] * 1.1 or 1.0
    lines = [
        _line(split, [(step / end, value / top) for step, value in zip(steps[split], found, strict=True)])
        for split, found in values.items()
        if found
    ]
    legend = " ".join(
        f'<tspan fill="{_COLOURS[split]}">{split}</tspan>' for split, found in values.items() if found
    )
    width, height = _WIDTH - _LEFT - 8, _HEIGHT - _BOTTOM - 24
    box = f'<rect x="{_LEFT}" y="24" width="{width}" height="{height}" fill="none" stroke="#d9dde3"/>'
    text = (
        f'<text x="{_LEFT}" y="16" font-weight="600">{escape(title)}</text>'
        f'<text x="{_WIDTH - 8}" y="16" text-anchor="end">{legend}</text>'
        f'<text x="{_LEFT - 6}" y="34" text-anchor="end">{top:.3g}</text>'
        f'<text x="{_LEFT - 6}" y="{_HEIGHT - _BOTTOM}" text-anchor="end">0</text>'
        f'<text x="{_WIDTH - 8}" y="{_HEIGHT - 8}" text-anchor="end">step {end:,}</text>'
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" font-size="12" font-family="system-ui,sans-serif" '
        f'role="img" aria-label="{escape(title)}">{box}{"".join(lines)}{text}</svg>'
    )


def _line(split: str, points: Sequence[tuple[float, float]]) -> str:
    """Return one curve; ``points`` are fractions of the box, and may lie above it."""
    pieces: list[list[str]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            across = _LEFT + x * (_WIDTH - _LEFT - 8)
            up = 24 + (1 - min(y, 1.0)) * (_HEIGHT - _BOTTOM - 24)
            pieces[-1].append(f"{across:.1f},{up:.1f}")
        elif pieces[-1]:
            pieces.append([])
    style = f'fill="none" stroke="{_COLOURS[split]}" stroke-dasharray="{_DASHES[split]}"'
    return "".join(f'<polyline {style} points="{" ".join(piece)}"/>' for piece in pieces if piece)
