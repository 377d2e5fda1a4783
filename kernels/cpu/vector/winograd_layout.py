"""Where a fast convolution's numbers lie: tiles of maps, and what a thread's scratch memory holds of them.

      picture, n × n pixels a tile        V: n² points            M: n² points           maps, m × m a tile
    ┌──────┬─┬────┐                     ┌─────────────────┐    ┌─────────────────┐     ┌────┬────┬────┐
    │ tile │█│tile│  tiles overlap      │ tiles × channels│    │ tiles × filters │     │tile│tile│tile│
    ├──────┼─┼────┤  by r − 1 pixels    ├─────────────────┤ ─▶ ├─────────────────┤ ─▶  ├────┼────┼────┤
    │ tile │█│tile│                     │ tiles × channels│    │ tiles × filters │     │tile│    │    │
    └──────┴─┴────┘                     └──────…──────────┘    └──────…──────────┘     └────┴────┴────┘

The rows and columns of a point are those of a matrix product; U has filters for each channel at each point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import image_groups
from kernels.cpu.vector.ir import Code, Number, spans
from kernels.cpu.vector.picture import Windows, elements
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import whole
from kernels.cpu.vector.toom_cook import FastConvolution, fast_convolution

LEAST_RESULTS = 4
"""Pixels that a tile of the maps has along one axis at least."""
_MOST_PRODUCTS = 8
"""Pixels that a tile of the picture has along one axis at most: with more, errors grow."""

FEW_PARTS = 4
_KEPT = 170_000
"""Elements of V and M that should be in use at a time."""
_FILTERS_KEPT = 270_000
"""Elements of U that stay in a cache from one batch of images to the next."""
_CACHE_LINE = 16
"""Elements."""
_TILES = 96
"""Tiles that one reading of U should serve, where it does not."""


def fewest_products(maps: Shape, taps: int) -> int:
    """Return the side m of the tiles of maps (N, P, Q, F) with which there are fewest products.

    Large tiles need fewer for each pixel, but may stand out over the edge: 12 × 12 pixels are 4 tiles of
    6 × 6, each of 8 × 8 products, 13 × 13 pixels 9 tiles of 5 × 5, each of 7 × 7.
    """

    def products(results: int) -> int:
        tiles = -(-maps[1] // results) * -(-maps[2] // results)
        return tiles * (results + taps - 1) ** 2

    return min(range(LEAST_RESULTS, _MOST_PRODUCTS - taps + 2), key=products)


@dataclass(frozen=True)
class Layout:
    """Fast convolution of ``pictures`` (N, H, W, C) to ``maps`` (N, P, Q, F).

    A thread's scratch memory holds the picture with its border, V and M of ``batch`` images.
    """

    target: Target
    pictures: Shape
    maps: Shape
    taps: int
    padding: Pair
    summed: bool = False
    """Whether the products are added to sums, of filters' gradients, in place of making maps."""

    @cached_property
    def results(self) -> int:
        """Pixels of a tile of the maps along one axis, m: those with which there is least to multiply."""
        return fewest_products(self.maps, self.taps)

    @cached_property
    def matrices(self) -> FastConvolution:
        """The transforms along one axis."""
        return fast_convolution(self.results, self.taps)

    @property
    def n(self) -> int:
        """Pixels of a tile of the picture along one axis."""
        return self.matrices.products

    @property
    def points(self) -> int:
        """Matrix products: n²."""
        return self.n * self.n

    @property
    def picture(self) -> int:
        """Elements from one picture to the next."""
        return elements(self.pictures)

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
        return -(-self.maps[1] // self.results), -(-self.maps[2] // self.results)

    @property
    def tiles(self) -> int:
        """Tiles of one image."""
        return self.places[0] * self.places[1]

    @property
    def windows(self) -> Windows:
        """The tiles of the picture, as windows."""
        height, width, channels = self.pictures[1:]
        size, step = (self.n, self.n), (self.results, self.results)
        return Windows(height, width, channels, self.places, size, step, self.padding)

    @property
    def batch(self) -> int:
        """Images that are done at a time: as many as a cache holds, or else as make good use of U.

        Sums are read and written once for each of these, and should not be more than V and M together.
        """
        of_image = self.tiles * (self.depth + self.width)
        images = _KEPT // (self.points * of_image)
        if self.filters_size > _FILTERS_KEPT:
            images = max(images, -(-_TILES // self.tiles))
        if self.summed:
            images = max(images, self.channels * self.width // of_image)
        group = image_groups(self.pictures[0])[1]
        if images > group:
            images -= images % group
        return max(1, min(images, -(-self.pictures[0] // FEW_PARTS)))

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
        """Elements from one point of V to the next; a power of 2 would crowd one cache set."""
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
    def filter_point(self) -> int:
        """Elements from one point of U, or of the sums of filters' gradients, to the next."""
        return self.channels * self.width + _CACHE_LINE

    @property
    def filters_size(self) -> int:
        """Elements of U."""
        return self.points * self.filter_point

    def each_tile(self, code: Code, body: Callable[[Number, Number], None]) -> None:
        rows, columns = self.places
        code.loop(rows, lambda row: code.loop(columns, lambda column: body(row, column)))

    def each_map_tile(self, code: Code, body: Callable[[Number, Number, int, int], None]) -> None:
        """Run ``body(row, column, height, width)`` for each tile, with the pixels inside the maps."""
        down, across = (
            [(span.first // self.results, span.count, span.size) for span in spans(extent, self.results)]
            for extent in self.maps[1:3]
        )
        for (row, rows, height), (column, columns, width) in product(down, across):

            def tile(i: Number, j: Number, start: Pair = (row, column), size: Pair = (height, width)) -> None:
                body(code.plus(start[0], i), code.plus(start[1], j), *size)

            code.loop(
                rows,
                lambda i, columns=columns, tile=tile: code.loop(  # type: ignore[misc]
                    columns, lambda j: tile(i, j)
                ),
            )

    def v_tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        """Return where a tile's first point lies in V."""
        return code.plus(self.at_v, code.times(self._tile(code, image, row, column), self.depth))

    def m_tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        """Return where a tile's first point lies in M."""
        return code.plus(self.at_m, code.times(self._tile(code, image, row, column), self.width))

    def _tile(self, code: Code, image: Number, row: Number, column: Number) -> Number:
        return code.plus(code.times(image, self.tiles), code.times(row, self.places[1]), column)

    def map_pixel(self, code: Code, row: Number, column: Number) -> Number:
        """Return the offset of a tile's first pixel in the maps of one image."""
        pixel = code.plus(code.times(row, self.results * self.maps[2]), code.times(column, self.results))
        return code.times(pixel, self.maps[3])
