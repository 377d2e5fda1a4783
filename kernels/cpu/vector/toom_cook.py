"""The matrices of fast convolution: fewer products than the sum has, by way of polynomials.

    m results of a filter of r taps need n = m + r − 1 products instead of m · r:

    y = Aᵀ [ (G g) ⊙ (Bᵀ d) ]        d: n inputs, g: r taps, y: m results

The columns of A are powers of n − 1 points, and of infinity. In two dimensions all is done along both axes.

Source: Toom 1963, Cook 1966; Winograd 1980; Lavin and Gray 2016, 'Fast algorithms for convolutional neural
networks'. Scaled so that B's rows are integers for the points 0, ±1, ±2 and ±1/2, as far as they can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

Matrix: TypeAlias = tuple[tuple[float, ...], ...]

_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
"""Sums and products of these are exact, so that no number here is rounded more than once."""


@dataclass(frozen=True)
class FastConvolution:
    """Aᵀ (m, n), G (n, r) and Bᵀ (n, n) of F(m, r)."""

    results: int
    taps: int
    output: Matrix
    filter: Matrix
    input: Matrix

    @property
    def products(self) -> int:
        """How many products, and inputs, there are: n."""
        return self.results + self.taps - 1


@cache
def fast_convolution(results: int, taps: int) -> FastConvolution:
    """Return F(results, taps); it needs a point for each product but one."""
    products = results + taps - 1
    points = _POINTS[: products - 1]
    powers = [[point**i for point in points] + [float(i == results - 1)] for i in range(results)]
    filters, inputs = [], []
    for point in points:
        others = [other for other in points if other != point]
        scale = 1.0
        for other in others:
            scale *= point - other
        inputs.append([*_with_roots(others), 0.0])
        filters.append([point**tap / scale for tap in range(taps)])
    inputs.append(_with_roots(list(points)))
    filters.append([float(tap == taps - 1) for tap in range(taps)])
    return FastConvolution(results, taps, _numbers(powers), _numbers(filters), _numbers(inputs))


def transposed(matrix: Matrix) -> Matrix:
    """Return the transpose."""
    return tuple(zip(*matrix, strict=True))


def mirrored(rows: Matrix) -> list[tuple[int, ...]]:
    """Return the numbers of the rows, of points p and −p together: they differ in the odd elements' signs."""
    groups: list[tuple[int, ...]] = []
    at = 0
    while at < len(rows):
        turned = tuple(-value if k % 2 else value for k, value in enumerate(rows[at]))
        groups.append((at, at + 1) if at + 1 < len(rows) and rows[at + 1] == turned else (at,))
        at = groups[-1][-1] + 1
    return groups


def _with_roots(roots: list[float]) -> list[float]:
    """Return the coefficients of the polynomial Π (x − root), the constant first."""
    coefficients = [1.0]
    for root in roots:
        shifted = [0.0, *coefficients]
        scaled = [*(root * coefficient for coefficient in coefficients), 0.0]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
    return coefficients


def _numbers(rows: list[list[float]]) -> Matrix:
    return tuple(tuple(float(number) for number in row) for row in rows)
