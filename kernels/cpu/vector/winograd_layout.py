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

RESULTS = 4
"""Pixels of a tile of the maps along one axis: m."""

FEW_PARTS = 4
_KEPT = 170_000
"""Elements of V and M that should be in use at a time."""
_FILTERS_KEPT = 1 << 18
"""Elements of U that stay in a cache from one batch of images to the next."""
_TILES = 96
"""Tiles that one reading of U should serve, where it does not."""


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

    @cached_property
    def matrices(self) -> FastConvolution:
        """The transforms along one axis."""
        return fast_convolution(RESULTS, self.taps)

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
        return -(-self.maps[1] // RESULTS), -(-self.maps[2] // RESULTS)

    @property
    def tiles(self) -> int:
        """Tiles of one image."""
        return self.places[0] * self.places[1]

    @property
    def windows(self) -> Windows:
        """The tiles of the picture, as windows."""
        height, width, channels = self.pictures[1:]
        size, step = (self.n, self.n), (RESULTS, RESULTS)
        return Windows(height, width, channels, self.places, size, step, self.padding)

    @property
    def batch(self) -> int:
        """Images that are done at a time: as many as a cache holds, or else as make good use of U."""
        images = _KEPT // (self.points * self.tiles * (self.depth + self.width))
        if self.filters_size > _FILTERS_KEPT:
            images = max(images, -(-_TILES // self.tiles))
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

    def each_tile(self, code: Code, body: Callable[[Number, Number], None]) -> None:
        rows, columns = self.places
        code.loop(rows, lambda row: code.loop(columns, lambda column: body(row, column)))

    def each_map_tile(self, code: Code, body: Callable[[Number, Number, int, int], None]) -> None:
        """Run ``body(row, column, height, width)`` for each tile, with the pixels inside the maps."""
        down = [(span.first // RESULTS, span.count, span.size) for span in spans(self.maps[1], RESULTS)]
        across = [(span.first // RESULTS, span.count, span.size) for span in spans(self.maps[2], RESULTS)]
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
        pixel = code.plus(code.times(row, RESULTS * self.maps[2]), code.times(column, RESULTS))
        return code.times(pixel, self.maps[3])
