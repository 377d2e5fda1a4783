"""Fast convolution of pictures of few channels: the products of a tile never leave the registers.

    picture ──Bᵀ d B──▶ V (columns of tiles, n, channels, rows of tiles · n)  ╲
                                                                                 registers ──▶ maps
    filters ──G g Gᵀ──▶ U (vectors of filters, n, n, channels, lanes)         ╱

With few channels there is so little to sum at each of a tile's n² places that writing the products would
take longer than making them. So a piece of code makes all of them for some tiles and some vectors of
filters: see thin_block.py.

The first half of the picture's transform sums over its rows: its vectors are the rows of tiles, n elements
for each, so that pixels need no transposition.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import POINTER, Code, Number, Value, spans
from kernels.cpu.vector.picture import Windows
from kernels.cpu.vector.target import Method, Target
from kernels.cpu.vector.thin_block import RESULTS, Block
from kernels.cpu.vector.tile import whole
from kernels.cpu.vector.toom_cook import FastConvolution, fast_convolution
from kernels.cpu.vector.transforms import both_axes, times, transpose_taps

_MOST_CHANNELS = 8
_FEWEST_FILTERS = 16


def wins(weights: Shape, maps: Shape, stride: Pair) -> bool:
    """Whether this is the quickest way: square filters, few channels, many filters, large maps."""
    filters, height, width, channels = weights
    square = height == width and height in {3, 5} and stride == (1, 1)
    thin = channels <= _MOST_CHANNELS and filters >= _FEWEST_FILTERS
    return square and thin and min(maps[1:3]) >= RESULTS


@dataclass(frozen=True)
class ThinConvolution:
    """Fast convolution of ``pictures`` (N, H, W, C) to ``maps`` (N, P, Q, F), one picture at a time.

    A thread's scratch memory holds the picture with its border, the transformed columns, V, and the
    results of the columns of a block.
    """

    target: Target
    pictures: Shape
    weights: Shape
    maps: Shape
    padding: Pair

    @cached_property
    def matrices(self) -> FastConvolution:
        """The transforms along one axis."""
        return fast_convolution(RESULTS, self.weights[1])

    @property
    def n(self) -> int:
        """Pixels of a tile of the picture along one axis."""
        return self.matrices.products

    @property
    def places(self) -> Pair:
        """Tiles down and across."""
        return -(-self.maps[1] // RESULTS), -(-self.maps[2] // RESULTS)

    @property
    def height(self) -> int:
        """Elements of a column of tiles: n for each, in whole vectors."""
        return whole(self.target, self.places[0] * self.n)

    @property
    def windows(self) -> Windows:
        """The tiles of the picture, as windows."""
        size, step = (self.n, self.n), (RESULTS, RESULTS)
        _, height, width, channels = self.pictures
        return Windows(height, width, channels, self.places, size, step, self.padding)

    @property
    def method(self) -> Method:
        """How it works."""
        return "winograd"

    @property
    def filters(self) -> tuple[str, int]:
        """The name of U, and its elements."""
        return "transformed", self.n * self.n * self.weights[3] * whole(self.target, self.weights[0])

    @property
    def tables(self) -> dict[str, NDArray[np.int64]]:
        """There are none."""
        return {}

    @property
    def at_columns(self) -> int:
        """Where the transformed columns begin in the scratch memory."""
        return whole(self.target, self.windows.copied)

    @property
    def at_v(self) -> int:
        """Where V begins in the scratch memory."""
        return self.at_columns + self.windows.seen[1] * self.weights[3] * self.height

    @property
    def at_results(self) -> int:
        """Where the results of columns begin in the scratch memory."""
        return self.at_v + self.places[1] * self.n * self.weights[3] * self.height

    @property
    def scratch(self) -> int:
        """Elements of scratch memory, also enough to transform filters."""
        tiles, vectors = self._block_size
        results = tiles * vectors * RESULTS * self.n * self.target.lanes
        return max(self.at_results + results, self.weights[1] ** 2 * self.target.lanes**2)

    def prepare_filters(self) -> Phase:
        """Return the phase that writes U."""
        filters, taps, _, channels = self.weights
        lanes = self.target.lanes

        def emit(code: Code, arguments: Arguments) -> None:
            first = code.times(arguments.group, lanes)
            u = code.at(arguments["transformed"], code.times(first, self.n * self.n * channels))

            def group(count: int) -> None:
                transpose_taps(code, arguments, self.weights, (first, count), (0, channels))

                def transform(channel: Number) -> None:
                    at = code.at(arguments.scratch, code.times(channel, lanes))
                    to = code.at(u, code.times(channel, lanes))

                    def tap(i: int, j: Number) -> Value:
                        return code.load(at, code.times(code.plus(i * taps, j), lanes * lanes))

                    def store(i: Number, j: int, value: Value) -> None:
                        code.store(value, to, code.times(code.plus(j * self.n, i), channels * lanes))

                    both_axes(code, self.matrices.filter, tap, store)

                code.loop(channels, transform)

            code.cases(arguments.group, filters, lanes, group)

        groups = -(-filters // lanes)
        return Phase("filters", groups, ("weights",), ("transformed",), emit, early=True)

    def prepare(self, code: Code, scratch: Value) -> None:
        """Write zeros around where pictures are copied to, once before they are."""
        self.windows.clear_border(code, scratch)

    def emit(self, code: Code, arguments: Arguments, picture: Value, maps: Value) -> None:
        """Write the maps of one picture."""
        scratch = arguments.scratch
        opened = self.windows.open(code, picture, scratch)
        columns, v = code.at(scratch, self.at_columns), code.at(scratch, self.at_v)
        self._transform_columns(code, opened, columns)
        self._transform_rows(code, columns, v)
        tiles, vectors = self._block_size
        height, width, filters = self.maps[1:]

        def filter_block(first: Number, size: int) -> None:
            lanes = _cut(size, code.lanes)
            u = code.at(arguments["transformed"], code.times(first, self.n * self.n * self.weights[3]))
            biases = code.at(arguments["biases"], first)

            def tile(row: Number, rows: int, column: Number, columns: int) -> None:
                block = Block(
                    self.matrices,
                    self.weights[3],
                    self.height,
                    columns=width,
                    filters=filters,
                    heights=_cut(rows, RESULTS),
                    width=columns,
                    lanes=lanes,
                )
                across, down = (code.divided(code.value(place), RESULTS)[0] for place in (column, row))
                at = code.plus(
                    code.times(across, self.n * self.weights[3] * self.height), code.times(down, self.n)
                )
                pixel = code.plus(code.times(row, width), column)
                to = code.at(maps, code.plus(first, code.times(pixel, filters)))
                results = code.at(scratch, self.at_results)
                self._multiply(code, block, [code.at(v, at), u, to, biases, results])

            code.each(
                spans(width, RESULTS),
                lambda column, columns: code.each(
                    spans(height, tiles * RESULTS), lambda row, rows: tile(row, rows, column, columns)
                ),
            )

        code.each(spans(filters, vectors * code.lanes), filter_block)

    @property
    def _block_size(self) -> Pair:
        """Tiles, and vectors of filters, that are done at once: m results of each are in registers."""
        return (3, 1) if self.target.registers >= 32 else (1, 2)

    def _transform_columns(self, code: Code, opened: Value, columns: Value) -> None:
        """Sum over the rows of the picture: Bᵀ d for all tiles of a column of elements at once."""
        rows = self.windows.seen[0]

        def column(index: Number) -> None:
            sums = []
            pixels: dict[int, Value] = {}
            for first in range(0, self.height, code.lanes):
                total = code.zero
                for row in range(rows):
                    factors = [self._input_factor(first + lane, row) for lane in range(code.lanes)]
                    if any(factors):
                        if row not in pixels:
                            at = code.plus(index, row * self.windows.row)
                            pixels[row] = code.splat(code.scalar(opened, at))
                        total = code.fma(pixels[row], ir.Constant(code.vector, factors), total)
                sums.append(total)
            to = code.at(columns, code.times(index, self.height))
            for number, total in enumerate(sums):
                code.store(total, to, number * code.lanes)

        code.loop(self.windows.seen[1] * self.weights[3], column)

    def _input_factor(self, element: int, row: int) -> float:
        """Return what a row of pixels counts in an element of a column of tiles."""
        tile, point = divmod(element, self.n)
        within = row - tile * RESULTS
        inside = tile < self.places[0] and 0 <= within < self.n
        return self.matrices.input[point][within] if inside else 0.0

    def _transform_rows(self, code: Code, columns: Value, v: Value) -> None:
        """Write V = (Bᵀ d) B."""
        channels = self.weights[3]
        apart = channels * self.height

        def tile(number: Number) -> None:
            source = code.at(columns, code.times(number, RESULTS * apart))
            to = code.at(v, code.times(number, self.n * apart))

            def vector(at: Number, lanes: int) -> None:
                pixels = [code.load(source, code.plus(at, j * apart), lanes) for j in range(self.n)]
                for j, value in enumerate(times(code, self.matrices.input, pixels)):
                    code.store(value, to, code.plus(at, j * apart), lanes)

            code.vectors(apart, vector)

        code.loop(self.places[1], tile)

    def _multiply(self, code: Code, block: Block, operands: list[Value]) -> None:
        function = code.unit.shared(block, [POINTER] * len(operands), block.emit)
        code.builder.call(function, operands)


def _cut(total: int, size: int) -> tuple[int, ...]:
    """Return the sizes of the pieces of ``total``."""
    return tuple(min(size, total - at) for at in range(0, total, size))
