"""Convolution with stride 1 by fast convolution: a quarter of the products for 3 × 3 filters.

    pictures ──Bᵀ d B──▶ V (n², tiles, channels)   ╲
                                                      n² matrix products ──▶ M ──Aᵀ M A──▶ maps
    filters ──G g Gᵀ──▶ U (n², channels, filters)  ╱

The maps fall into tiles of m × m pixels, each made of n × n pixels of the picture, n = m + r − 1. Each of the
n² places of a tile is a matrix product of its own. Some images are done at a time, so that V and M stay in a
core's cache.

The gradient of pictures is the same with the maps' gradient for pictures, and filters turned round.
The gradient of filters is Gᵀ [Σ_tiles Vᵀ D] G with D = A dY Aᵀ: each group of images makes its own sum over
the tiles; these are added in order.

Errors are about ten times those of a direct sum, see the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TypeAlias

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase, image_groups
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.pack import sum_of_groups
from kernels.cpu.vector.picture import Windows, elements
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, whole
from kernels.cpu.vector.toom_cook import FastConvolution, fast_convolution, transposed
from kernels.cpu.vector.transforms import both_axes, transpose_taps, write_taps

Shapes: TypeAlias = dict[str, Shape]

_RESULTS = 4
_CACHED = 170_000
"""Elements of V and M that should be in use at a time."""
_CACHED_FILTERS = 1 << 18
"""Elements of U that stay in a cache from one batch of images to the next."""
_TILES = 96
"""Tiles that one reading of U should serve, where it does not."""
_SUMS_LIMIT = 1 << 20
"""Elements that the filters' sums of all groups of images should have at most, about."""
_FEW_PARTS = 4
_FEWEST_CHANNELS = 16


def wins(weights: Shape, maps: Shape, stride: Pair) -> bool:
    """Whether fast convolution is quicker: square filters, enough channels on both sides, large maps."""
    filters, height, width, channels = weights
    square = height == width and height in {3, 5} and stride == (1, 1)
    return square and min(filters, channels) >= _FEWEST_CHANNELS and min(maps[1:3]) >= _RESULTS


def forward(shapes: Shapes, target: Target, padding: Pair, neuron: str) -> Generated:
    """Return the kernel that writes the maps y, through a ReLU if ``neuron`` is "relu"."""
    filters, taps, _, channels = shapes["weights"]
    fast = _Fast(target, shapes["x"], shapes["y"], taps, padding)

    def transform_filters(code: Code, arguments: Arguments) -> None:
        def group(lanes: int) -> None:
            first = code.times(arguments.group, target.lanes)

            def channel_block(channel: Number, count: int) -> None:
                transpose_taps(code, arguments, shapes["weights"], (first, lanes), (channel, count))

                def transform(index: Number) -> None:
                    at = code.at(arguments.scratch, code.times(index, target.lanes))
                    taps_of = [
                        [code.load(at, (i * taps + j) * target.lanes * target.lanes) for j in range(taps)]
                        for i in range(taps)
                    ]
                    fast.store_filters(
                        code, arguments["transformed"], taps_of, first, code.plus(channel, index)
                    )

                code.loop(count, transform)

            code.each(spans(channels, target.lanes), channel_block)

        code.cases(arguments.group, filters, target.lanes, group)

    return Generated(
        what=f"winograd forward {shapes} {padding} {neuron}",
        arrays=("x", "weights", "biases", "y"),
        phases=(
            Phase(
                "filters",
                -(-filters // target.lanes),
                ("weights",),
                ("transformed",),
                transform_filters,
                early=True,
            ),
            fast.convolve("x", "y", biases="biases", relu=neuron == "relu"),
        ),
        workspace={"transformed": (fast.filters_size,)},
        scratch=max(fast.scratch, taps * taps * target.lanes**2),
        method="winograd",
    )


def backward_data(shapes: Shapes, target: Target, padding: Pair, accumulate: bool) -> Generated:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""
    filters, taps, _, channels = shapes["weights"]
    turned = (taps - 1 - padding[0], taps - 1 - padding[1])
    fast = _Fast(target, shapes["dy"], shapes["dx"], taps, turned)

    def transform_filters(code: Code, arguments: Arguments) -> None:
        weights = code.at(arguments["weights"], code.times(arguments.group, taps * taps * channels))

        def vector(channel: Number, lanes: int) -> None:
            def tap(i: int, j: int) -> Value:
                number = (taps - 1 - i) * taps + taps - 1 - j
                return code.load(weights, code.plus(channel, number * channels), lanes)

            taps_of = [[tap(i, j) for j in range(taps)] for i in range(taps)]
            fast.store_filters(code, arguments["transformed"], taps_of, channel, arguments.group)

        code.vectors(channels, vector)

    return Generated(
        what=f"winograd backward_data {shapes} {padding} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(
            Phase("filters", filters, ("weights",), ("transformed",), transform_filters, early=True),
            fast.convolve("dy", "dx", accumulate=accumulate),
        ),
        workspace={"transformed": (fast.filters_size,)},
        scratch=fast.scratch,
        method="winograd",
    )


def backward_weights(shapes: Shapes, target: Target, padding: Pair, accumulate: bool) -> Generated:
    """Return the kernel that writes the gradient of the filters, or adds it to dweights."""
    filters, taps, _, channels = shapes["dweights"]
    fast = _Fast(target, shapes["x"], shapes["dy"], taps, padding)
    size = fast.points * channels * fast.width
    images = shapes["x"][0]
    parts, part_images = fast.parts
    if parts * size > _SUMS_LIMIT and parts > _FEW_PARTS:
        most = -(-max(1, _SUMS_LIMIT // size) // _FEW_PARTS) * _FEW_PARTS
        part_images = -(-images // most)  # threads take equally many parts
        parts = -(-images // part_images)

    def sum_part(code: Code, arguments: Arguments) -> None:
        sums = code.at(arguments["sums"], code.times(arguments.group, size))
        code.clear(sums, size)
        fast.windows.clear_border(code, arguments.scratch)
        first_image = code.times(arguments.group, part_images)

        def some(first: Number, count: int) -> None:
            image = code.plus(first_image, first)
            fast.transform_pictures(code, arguments, arguments["x"], image, count)
            fast.transform_gradients(code, arguments, arguments["dy"], image, count)
            fast.sum_products(code, arguments, sums, count)

        code.cases(
            arguments.group,
            images,
            part_images,
            lambda count: code.each(spans(count, fast.batch), some),
        )

    at_points = taps * taps * target.lanes**2

    def unpack(code: Code, arguments: Arguments) -> None:
        channel = code.times(arguments.group, target.lanes)

        def group(count: int) -> None:
            def filter_block(first: Number, lanes: int) -> None:
                def transform(index: Number) -> None:
                    at = code.plus(first, code.times(code.plus(channel, index), fast.width))
                    code.loop(
                        fast.points,
                        lambda point: code.store(
                            sum_of_groups(
                                code,
                                code.at(
                                    arguments["sums"],
                                    code.plus(at, code.times(point, channels * fast.width)),
                                ),
                                parts,
                                size,
                            ),
                            arguments.scratch,
                            code.plus(at_points, code.times(point, target.lanes)),
                        ),
                    )
                    values = [
                        [
                            code.load(arguments.scratch, at_points + (i * fast.n + j) * target.lanes)
                            for j in range(fast.n)
                        ]
                        for i in range(fast.n)
                    ]
                    back = both_axes(code, transposed(fast.matrices.filter), values)
                    scratch = code.at(arguments.scratch, code.times(index, target.lanes))
                    for i, j in product(range(taps), range(taps)):
                        code.store(back[i][j], scratch, (i * taps + j) * target.lanes**2)

                code.loop(count, transform)
                write_taps(
                    code,
                    arguments,
                    shapes["dweights"],
                    (first, lanes),
                    (channel, count),
                    accumulate=accumulate,
                )

            code.each(spans(filters, target.lanes), filter_block)

        code.cases(arguments.group, channels, target.lanes, group)

    return Generated(
        what=f"winograd backward_weights {shapes} {padding} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(
            Phase("sum", parts, ("x", "dy"), ("sums",), sum_part),
            Phase("unpack", -(-channels // target.lanes), ("sums",), ("dweights",), unpack),
        ),
        workspace={"sums": (parts, size)},
        scratch=max(fast.scratch, at_points + fast.points * target.lanes),
        method="winograd",
    )


@dataclass(frozen=True)
class _Fast:
    """Fast convolution of ``pictures`` (N, H, W, C) to ``maps`` (N, P, Q, F).

    A thread's scratch memory holds the picture with its border, V and M of ``batch`` images.
    """

    target: Target
    pictures: Shape
    maps: Shape
    taps: int
    padding: Pair

    @cached_property
    def matrices(self) -> FastConvolution:
        """The transforms along one axis."""
        return fast_convolution(_RESULTS, self.taps)

    @property
    def n(self) -> int:
        """Pixels of a tile of the picture along one axis."""
        return self.matrices.products

    @property
    def points(self) -> int:
        """Matrix products: n²."""
        return self.n * self.n

    @property
    def channels(self) -> int:
        return self.pictures[3]

    @property
    def width(self) -> int:
        """Elements that hold the filters of one tile, in whole vectors."""
        return whole(self.target, self.maps[3])

    @property
    def depth(self) -> int:
        """Elements that hold the channels of one tile, in whole vectors."""
        return whole(self.target, self.channels)

    @property
    def places(self) -> Pair:
        """Tiles down and across."""
        return -(-self.maps[1] // _RESULTS), -(-self.maps[2] // _RESULTS)

    @property
    def tiles(self) -> int:
        """Tiles of one image."""
        return self.places[0] * self.places[1]

    @property
    def windows(self) -> Windows:
        """The tiles of the picture, as windows."""
        height, width, channels = self.pictures[1:]
        size, step = (self.n, self.n), (_RESULTS, _RESULTS)
        return Windows(height, width, channels, self.places, size, step, self.padding)

    @property
    def batch(self) -> int:
        """Images that are done at a time: as many as a cache holds, or else as make good use of U."""
        images = _CACHED // (self.points * self.tiles * (self.depth + self.width))
        if self.filters_size > _CACHED_FILTERS:
            images = max(images, -(-_TILES // self.tiles))
        return max(1, min(images, -(-self.pictures[0] // _FEW_PARTS)))

    @property
    def parts(self) -> tuple[int, int]:
        """How many groups the images make, and how many images a group has."""
        images = self.pictures[0]
        parts, part_images = image_groups(images)
        if part_images < self.batch:
            part_images = self.batch
            parts = -(-images // part_images)
        return parts, part_images

    @property
    def v_point(self) -> int:
        """Elements from one point of V to the next; not a power of 2, which would crowd one cache set."""
        return self.batch * self.tiles * self.depth + self.target.lanes

    @property
    def m_point(self) -> int:
        """Elements from one point of M to the next."""
        return self.batch * self.tiles * self.width + self.target.lanes

    @property
    def at_v(self) -> int:
        """Where V begins in the scratch memory."""
        return whole(self.target, self.windows.copied)

    @property
    def at_m(self) -> int:
        """Where M begins in the scratch memory."""
        return self.at_v + self.points * self.v_point

    @property
    def scratch(self) -> int:
        """Elements of scratch memory."""
        return self.at_m + self.points * self.m_point

    @property
    def filters_size(self) -> int:
        """Elements of U."""
        return self.points * self.channels * self.width

    def store_filters(
        self, code: Code, transformed: Value, taps: list[list[Value]], first: Number, channel: Number
    ) -> None:
        """Write G g Gᵀ of one channel of the filters from ``first`` on, as tiles of products read them."""
        values = both_axes(code, self.matrices.filter, taps)
        block = column_blocks(self.target, self.maps[3])[0].size
        block = whole(self.target, block)
        number, within = code.divided(code.value(first), block)
        last = self.width % block
        size: Number = block
        if last and self.width > block:
            is_last = code.builder.icmp_signed("==", code.value(number), code.value(self.width // block))
            size = code.builder.select(is_last, code.value(last), code.value(block))
        at = code.plus(
            code.times(code.times(number, block), self.channels), code.times(channel, size), within
        )
        for i, j in product(range(self.n), range(self.n)):
            point = (i * self.n + j) * self.channels * self.width
            code.store(values[i][j], transformed, code.plus(at, point))

    def convolve(
        self, source: str, result: str, *, biases: str = "", relu: bool = False, accumulate: bool = False
    ) -> Phase:
        """Return the phase that convolves ``source`` with the transformed filters."""
        images = self.pictures[0]
        parts, part_images = self.parts

        def emit(code: Code, arguments: Arguments) -> None:
            self.windows.clear_border(code, arguments.scratch)
            first_image = code.times(arguments.group, part_images)

            def some(first: Number, count: int) -> None:
                image = code.plus(first_image, first)
                self.transform_pictures(code, arguments, arguments[source], image, count)
                self._multiply(code, arguments, count)
                self._write_maps(
                    code,
                    arguments,
                    code.at(arguments[result], code.times(image, elements(self.maps))),
                    count,
                    biases=arguments[biases] if biases else None,
                    relu=relu,
                    accumulate=accumulate,
                )

            code.cases(
                arguments.group,
                images,
                part_images,
                lambda count: code.each(spans(count, self.batch), some),
            )

        reads = (source, "transformed", *([biases] if biases else []))
        return Phase("convolve", parts, reads, (result,), emit, images=images)

    def transform_pictures(
        self, code: Code, arguments: Arguments, pictures: Value, first: Number, count: int
    ) -> None:
        """Write V = Bᵀ d B of ``count`` images."""
        windows = self.windows

        def image(index: Number) -> None:
            number = code.plus(first, index)
            picture = code.at(pictures, code.times(number, elements(self.pictures)))
            opened = windows.open(code, picture, arguments.scratch)

            def tile(row: Number, column: Number) -> None:
                place = code.plus(
                    code.times(row, _RESULTS * windows.row),
                    code.times(column, _RESULTS * self.channels),
                )
                source = code.at(opened, place)
                v = code.at(arguments.scratch, self._v_tile(code, index, row, column))

                def vector(channel: Number, lanes: int) -> None:
                    pixels = [
                        [
                            code.load(source, code.plus(channel, i * windows.row + j * self.channels), lanes)
                            for j in range(self.n)
                        ]
                        for i in range(self.n)
                    ]
                    self._store_points(
                        code, both_axes(code, self.matrices.input, pixels), v, channel, self.v_point
                    )

                code.vectors(self.channels, vector)

            self._each_tile(code, tile)

        code.loop(count, image)

    def transform_gradients(
        self, code: Code, arguments: Arguments, gradients: Value, first: Number, count: int
    ) -> None:
        """Write D = A dY Aᵀ of ``count`` images in the place of M."""
        filters = self.maps[3]

        def image(index: Number) -> None:
            dy = code.at(gradients, code.times(code.plus(first, index), elements(self.maps)))

            def tile(row: Number, column: Number, height: int, width: int) -> None:
                at = self._m_tile(code, index, row, column)
                d = code.at(arguments.scratch, at)
                source = code.at(dy, self._map_pixel(code, row, column))

                def vector(channel: Number, lanes: int) -> None:
                    pixels = [
                        [
                            code.load(source, code.plus(channel, (i * self.maps[2] + j) * filters), lanes)
                            if i < height and j < width
                            else code.zero
                            for j in range(_RESULTS)
                        ]
                        for i in range(_RESULTS)
                    ]
                    values = both_axes(code, transposed(self.matrices.output), pixels)
                    self._store_points(code, values, d, channel, self.m_point)

                code.vectors(filters, vector)

            self._each_map_tile(code, tile)

        code.loop(count, image)

    def sum_products(self, code: Code, arguments: Arguments, sums: Value, count: int) -> None:
        """Add Vᵀ D of ``count`` images to ``sums`` (n², channels, filters)."""

        def point(number: Number) -> None:
            v = code.at(arguments.scratch, code.plus(self.at_v, code.times(number, self.v_point)))
            d = code.at(arguments.scratch, code.plus(self.at_m, code.times(number, self.m_point)))
            out = code.at(sums, code.times(number, self.channels * self.width))
            code.each(
                column_blocks(self.target, self.maps[3]),
                lambda first, size: multiply_rows(
                    code,
                    self.channels,
                    size,
                    lambda rows, columns: Tile(
                        rows=rows,
                        columns=whole(self.target, columns),
                        depth=count * self.tiles,
                        a_step=self.depth,
                        a_row=1,
                        b_step=self.width,
                        c_row=self.width,
                        start="load",
                    ),
                    lambda channel: Operands(
                        a=code.at(v, channel),
                        b=code.at(d, first),
                        c=code.at(out, code.plus(first, code.times(channel, self.width))),
                    ),
                ),
            )

        code.loop(self.points, point)

    def _multiply(self, code: Code, arguments: Arguments, count: int) -> None:
        """Write M = V U of ``count`` images."""

        def point(number: Number) -> None:
            v = code.at(arguments.scratch, code.plus(self.at_v, code.times(number, self.v_point)))
            m = code.at(arguments.scratch, code.plus(self.at_m, code.times(number, self.m_point)))
            u = code.at(arguments["transformed"], code.times(number, self.channels * self.width))

            def block(first: Number, size: int) -> None:
                columns_here = whole(self.target, size)
                multiply_rows(
                    code,
                    count * self.tiles,
                    columns_here,
                    lambda rows, columns: Tile(
                        rows=rows,
                        columns=columns,
                        depth=self.channels,
                        a_step=1,
                        a_row=self.depth,
                        b_step=columns,
                        c_row=self.width,
                    ),
                    lambda tile: Operands(
                        a=code.at(v, code.times(tile, self.depth)),
                        b=code.at(u, code.times(first, self.channels)),
                        c=code.at(m, code.plus(first, code.times(tile, self.width))),
                    ),
                )

            code.each(column_blocks(self.target, self.maps[3]), block)

        code.loop(self.points, point)

    def _write_maps(
        self,
        code: Code,
        arguments: Arguments,
        maps: Value,
        count: int,
        *,
        biases: Value,
        relu: bool,
        accumulate: bool,
    ) -> None:
        """Write Aᵀ M A of ``count`` images."""
        filters = self.maps[3]

        def image(index: Number) -> None:
            def tile(row: Number, column: Number, height: int, width: int) -> None:
                m = code.at(arguments.scratch, self._m_tile(code, index, row, column))
                at = code.plus(code.times(index, elements(self.maps)), self._map_pixel(code, row, column))
                y = code.at(maps, at)

                def vector(channel: Number, lanes: int) -> None:
                    points = [
                        [
                            code.load(m, code.plus(channel, (i * self.n + j) * self.m_point))
                            for j in range(self.n)
                        ]
                        for i in range(self.n)
                    ]
                    results = both_axes(code, self.matrices.output, points)
                    bias = code.load(biases, channel, lanes) if biases is not None else None
                    for i, j in product(range(height), range(width)):
                        place = code.plus(channel, (i * self.maps[2] + j) * filters)
                        value = results[i][j]
                        if accumulate:
                            value = code.builder.fadd(value, code.load(y, place, lanes))
                        if bias is not None:
                            value = code.builder.fadd(value, bias)
                        code.store(code.relu(value) if relu else value, y, place, lanes)

                code.vectors(filters, vector)

            self._each_map_tile(code, tile)

        code.loop(count, image)

    def _each_tile(self, code: Code, body: Callable[[Number, Number], None]) -> None:
        rows, columns = self.places
        code.loop(rows, lambda row: code.loop(columns, lambda column: body(row, column)))

    def _each_map_tile(self, code: Code, body: Callable[[Number, Number, int, int], None]) -> None:
        """Run ``body(row, column, height, width)`` for each tile, with the pixels inside the maps."""
        down = [(span.first // _RESULTS, span.count, span.size) for span in spans(self.maps[1], _RESULTS)]
        across = [(span.first // _RESULTS, span.count, span.size) for span in spans(self.maps[2], _RESULTS)]
        for (row, rows, height), (column, columns, width) in product(down, across):

            def tile(i: Number, j: Number, start: Pair = (row, column), size: Pair = (height, width)) -> None:
                body(code.plus(start[0], i), code.plus(start[1], j), *size)

            code.loop(
                rows,
                lambda i, columns=columns, tile=tile: code.loop(  # type: ignore[misc]
                    columns, lambda j: tile(i, j)
                ),
            )

    def _v_tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        """Return where a tile's first point lies in V."""
        return code.plus(self.at_v, code.times(self._tile(code, image, row, column), self.depth))

    def _m_tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        """Return where a tile's first point lies in M."""
        return code.plus(self.at_m, code.times(self._tile(code, image, row, column), self.width))

    def _tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        return code.plus(code.times(image, self.tiles), code.times(row, self.places[1]), column)

    def _map_pixel(self, code: Code, row: Number, column: Number) -> Number:
        """Return the offset of a tile's first pixel in the maps of one image."""
        pixel = code.plus(code.times(row, _RESULTS * self.maps[2]), code.times(column, _RESULTS))
        return code.times(pixel, self.maps[3])

    def _store_points(
        self, code: Code, values: list[list[Value]], start: Value, channel: Number, apart: int
    ) -> None:
        for i, j in product(range(self.n), range(self.n)):
            code.store(values[i][j], start, code.plus(channel, (i * self.n + j) * apart))
