"""All products of some tiles and some vectors of filters, in registers: what thin convolutions are made of.

a tile: n × n places, column by column          results of a column, m at once, to the scratch memory
┌─┬─┬─┬─┐   at place (i, j): Σ over channels    ┌─┬─┬─┬─┐
│█│ │ │ │   of V[i, j] · U[i, j], one vector    │▒│ │ │ │   m × n, when all columns are done:
│█│ │ │ │   of filters wide                     │▒│ │ │ │   ──▶ rows, m at once, with biases ──▶ maps
│█│ │ │ │                                       └─┴─┴─┴─┘
│█│ │ │ │   points p and −p share their sums: they differ in the signs of odd rows alone
└─┴─┴─┴─┘
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from kernels.arrays import Pair
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.toom_cook import FastConvolution, Matrix, mirrored, transposed

RESULTS = 4
"""Pixels of a tile of the maps along one axis: m."""


@dataclass(frozen=True)
class Block:
    """Tiles of ``heights`` one below the other, ``width`` pixels each, and vectors of ``lanes`` filters.

    ``columns`` and ``filters`` are those of the maps; a column of V has ``height`` elements for a channel.
    """

    fast: FastConvolution
    channels: int
    height: int
    columns: int
    filters: int
    heights: tuple[int, ...]
    width: int
    lanes: tuple[int, ...]

    @property
    def n(self) -> int:
        """Pixels of a tile of the picture along one axis."""
        return self.fast.products

    def emit(self, code: Code) -> None:
        """Write the function (V, U, maps, biases, scratch memory) that makes the maps of the block."""
        v, u, maps, biases, results = code.arguments
        parts = list(product(range(len(self.heights)), range(len(self.lanes))))
        row = self.n * code.lanes

        def column(j: Number) -> None:
            v_column = code.at(v, code.times(j, self.channels * self.height))
            u_column = code.at(u, code.times(j, self.n * self.channels * code.lanes))
            sums: dict[Pair, list[Value]] = {part: [None] * RESULTS for part in parts}
            for points in mirrored(transposed(self.fast.output)):
                made = [self._products(code, v_column, u_column, point) for point in points]
                for part in parts:
                    _add(code, sums[part], self.fast.output, points, [one[part] for one in made])
            for number, part in enumerate(parts):
                for i, value in enumerate(sums[part]):
                    at = (number * RESULTS + i) * row
                    code.store(value, results, code.plus(at, code.times(j, code.lanes)))

        code.loop(self.n, column)
        for number, (tile, vector) in enumerate(parts):
            lanes = self.lanes[vector]
            first = tile * RESULTS * self.columns * self.filters + vector * code.lanes

            def line(i: Number, number: int = number, first: int = first, lanes: int = lanes) -> None:
                source = code.at(results, code.plus(number * RESULTS * row, code.times(i, row)))
                to = code.at(maps, code.plus(first, code.times(i, self.columns * self.filters)))
                bias = code.load(biases, number % len(self.lanes) * code.lanes, lanes)
                self._write_line(code, source, bias, to, (self.width, lanes))

            code.loop(self.heights[tile], line)

    def _products(self, code: Code, v_column: Value, u_column: Value, point: int) -> dict[Pair, Value]:
        """Return the sums over channels at one place of a block's tiles, by tile and vector."""
        channels = self.channels
        sums: dict[Pair, Value] = {}
        for channel in range(channels):
            at = (point * channels + channel) * code.lanes
            filters = [
                code.load(u_column, at + vector * self.n * self.n * channels * code.lanes)
                for vector in range(len(self.lanes))
            ]
            for tile in range(len(self.heights)):
                element = code.splat(code.scalar(v_column, channel * self.height + tile * self.n + point))
                for vector, values in enumerate(filters):
                    before = sums.get((tile, vector))
                    sums[tile, vector] = (
                        code.builder.fmul(element, values)
                        if before is None
                        else code.fma(element, values, before)
                    )
        return sums

    def _write_line(self, code: Code, source: Value, bias: Value, to: Value, size: tuple[int, int]) -> None:
        """Write one row of results of a tile. Added at the point 1, the bias reaches every one of them."""
        width, lanes = size
        values = [code.load(source, j * code.lanes) for j in range(self.n)]
        values[_ONE] = code.builder.fadd(values[_ONE], bias)
        results: list[Value] = [None] * RESULTS
        for points in mirrored(transposed(self.fast.output)):
            _add(code, results, self.fast.output, points, [values[point] for point in points])
        for j, result in enumerate(results[:width]):
            code.store(result, to, j * self.filters, lanes)


_ONE = 1
"""The number of the point 1, at which a polynomial is the sum of its coefficients."""


def _add(
    code: Code, sums: list[Value], output: Matrix, points: tuple[int, ...], products: list[Value]
) -> None:
    """Add to the sums of Aᵀ M what the products at one point, or at p and −p, count in them."""
    even = odd = products[0]
    if len(points) > 1:
        even, odd = code.builder.fadd(*products), code.builder.fsub(*products)
    for row, factors in enumerate(output):
        factor, value = factors[points[0]], odd if row % 2 else even
        if factor == 0:
            continue
        if sums[row] is None:
            sums[row] = value if factor == 1 else code.builder.fmul(value, code.constant(factor))
        elif factor == 1:
            sums[row] = code.builder.fadd(sums[row], value)
        else:
            sums[row] = code.fma(value, code.constant(factor), sums[row])
