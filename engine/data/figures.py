"""The ten figures of the *shapes* set, drawn as ink: 0 where the background shows, 1 where the figure is.

Only ``+ - * /``, square roots, comparisons and rounding are used: IEEE 754 fixes their results to the last
bit, so a picture is the same on every machine. Edges are anti-aliased: a field that grows by 1 a pixel is cut
to 0..1. Outlines are level sets of distance fields, after Inigo Quilez, "2D distance functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Placement:
    """Where and how the figures of a batch are drawn; arrays of shape (n, 1, 1), lengths in pixels.

    ``x``: centre, from the middle of the picture; ``size``: half the extent of an outline; ``pen``: width of
    its line; ``period``: of stripes and checks; ``phase``: of stripes and checks, in periods; ``turn``:
    -1..1, how far within its range the figure is turned; ``mirror``: -1 or 1.
    """

    x: Field
    y: Field
    size: Field
    pen: Field
    period: Field
    phase_u: Field
    phase_v: Field
    turn: Field
    mirror: Field


@dataclass(frozen=True)
class Figure:
    """A class of pictures: at rest it is turned by ``rest``, and it swings around that by up to ``swing``.

    Both are tangents of half the angle.
    """

    name: str
    ink: Callable[[Field, Field, Placement], Field]
    rest: float
    swing: float


def draw(figure: Figure, place: Placement, side: int) -> Field:
    """Draw ``figure`` once for each place: ink of shape (n, side, side)."""
    middle = (side - 1) / 2
    pixels = np.arange(side, dtype=np.float32) - np.float32(middle)
    x = (pixels[None, None, :] - place.x) * place.mirror
    y = pixels[None, :, None] - place.y
    # The half-angle formulas turn a frame without calling sin and cos, which differ between machines.
    t = np.float32(figure.rest) + np.float32(figure.swing) * place.turn
    cos, sin = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    return figure.ink(cos * x + sin * y, cos * y - sin * x, place)


def _outline(distance: Field, place: Placement) -> Field:
    return _cut(place.pen * np.float32(0.5) - np.abs(distance))


def _cut(field: Field) -> Field:
    cut: Field = np.clip(field + np.float32(0.5), 0, 1)
    return cut


def _circle(u: Field, v: Field, place: Placement) -> Field:
    return _outline(np.sqrt(u * u + v * v) - place.size, place)


def _square(u: Field, v: Field, place: Placement) -> Field:
    return _outline(np.maximum(np.abs(u), np.abs(v)) - np.float32(0.72) * place.size, place)


def _triangle(u: Field, v: Field, place: Placement) -> Field:
    half_planes = np.maximum(np.abs(u) * np.float32(0.8660254) - v / 2, v)
    return _outline(half_planes - np.float32(0.5) * place.size, place)


def _cross(u: Field, v: Field, place: Placement) -> Field:
    across, along = np.abs(u), np.abs(v)
    length, breadth = place.size, np.float32(0.34) * place.size
    bar = np.maximum(across - length, along - breadth)
    other_bar = np.maximum(across - breadth, along - length)
    return _outline(np.minimum(bar, other_bar), place)


# Normals of the five lines of a pentagram: cosine and sine of 90, 162, 234, 306 and 18 degrees.
_PENTAGRAM = (
    (0.0, 1.0),
    (-0.95105652, 0.30901699),
    (-0.58778525, -0.80901699),
    (0.58778525, -0.80901699),
    (0.95105652, 0.30901699),
)


def _star(u: Field, v: Field, place: Placement) -> Field:
    """A star is where at least four of the five half planes meet: the second largest distance is its edge."""
    largest = second = np.full_like(u, -np.inf)
    for a, b in _PENTAGRAM:
        distance = np.float32(a) * u + np.float32(b) * v
        second = np.maximum(second, np.minimum(largest, distance))
        largest = np.maximum(largest, distance)
    return _outline(second - np.float32(0.32) * place.size, place)


def _stripes(u: Field, phase: Field, place: Placement) -> Field:
    turns = u / place.period + phase
    wave = np.abs(turns - np.floor(turns) - np.float32(0.5)) - np.float32(0.25)
    return _cut(wave * place.period)


def _stripes_along_v(u: Field, _v: Field, place: Placement) -> Field:
    return _stripes(u, place.phase_u, place)


def _stripes_along_u(_u: Field, v: Field, place: Placement) -> Field:
    return _stripes(v, place.phase_v, place)


def _checks(u: Field, v: Field, place: Placement) -> Field:
    a, b = _stripes(u, place.phase_u, place), _stripes(v, place.phase_v, place)
    return a + b - 2 * a * b


def _gradient(u: Field, _v: Field, place: Placement) -> Field:
    return _cut(u / (4 * place.size))


FIGURES = (
    Figure("circle", _circle, 0.0, 0.0),
    Figure("square", _square, 0.0, 0.4142),  # -45 to 45 degrees
    Figure("triangle", _triangle, 0.0, 0.5774),  # -60 to 60 degrees
    Figure("cross", _cross, 0.0, 0.4142),
    Figure("star", _star, 0.0, 0.3249),  # -36 to 36 degrees
    Figure("horizontal stripes", _stripes_along_u, 0.0, 0.1),  # -11 to 11 degrees
    Figure("vertical stripes", _stripes_along_v, 0.0, 0.1),
    Figure("diagonal stripes", _stripes_along_v, 0.4142, 0.08),  # 36 to 53 degrees, either way
    Figure("checks", _checks, 0.0, 0.4142),
    Figure("gradient", _gradient, 0.0, 1.0),  # any direction
)
"""The classes of the *shapes* set, in the order of their labels."""
