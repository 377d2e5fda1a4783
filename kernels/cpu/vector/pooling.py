"""What max and average pooling share: loops over windows or pixels, each with its partners.

Forward goes through the windows and gathers pixels. Backward goes through the pixels and gathers windows, so
that each gradient is written once. Both go through stretches that meet equally many partners.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.overlap import Axis, Stretch
from kernels.cpu.vector.picture import elements


@dataclass(frozen=True)
class Pooling:
    """Windows over pictures (N, H, W, C), and maps (N, P, Q, C)."""

    pictures: Shape
    maps: Shape
    size: Pair
    stride: Pair
    start: Pair

    def axes(self) -> tuple[Axis, Axis]:
        """Return the windows along the height and along the width."""
        height, width = (
            Axis(
                self.pictures[1 + axis],
                self.maps[1 + axis],
                self.size[axis],
                self.stride[axis],
                self.start[axis],
            )
            for axis in range(2)
        )
        return height, width


@dataclass(frozen=True)
class Item:
    """A window and the pixels that it sees, or a pixel and the windows that see it.

    ``at`` is the offset of its first channel; ``partners`` are those of the others. ``rows`` and ``columns``
    are the stretches that it belongs to.
    """

    at: Number
    partners: list[Number]
    rows: Stretch
    columns: Stretch


Body = Callable[[Code, Arguments, Item, Number, int], None]
"""Writes the work on ``lanes`` channels, from a channel on, of an item."""


def over_windows(pooling: Pooling, reads: tuple[str, ...], writes: tuple[str, ...], body: Body) -> Phase:
    """Return the phase that does ``body`` for each window; its partners are pixels."""
    height, width = pooling.axes()
    stretches = (height.windows(), width.windows())
    return _phase(stretches, pooling.maps, pooling.pictures, (reads, writes), body)


def over_pixels(
    pooling: Pooling, reads: tuple[str, ...], writes: tuple[str, ...], body: Body, *, shares: bool = False
) -> Phase:
    """Return the phase that does ``body`` for each pixel; its partners are windows.

    With ``shares``, the detail of its stretches is how many pixels each of these sees.
    """
    height, width = pooling.axes()
    stretches = (height.pixels(shares=shares), width.pixels(shares=shares))
    return _phase(stretches, pooling.pictures, pooling.maps, (reads, writes), body)


def _phase(
    stretches: tuple[list[Stretch], list[Stretch]],
    items: Shape,
    partners: Shape,
    touched: tuple[tuple[str, ...], tuple[str, ...]],
    body: Body,
) -> Phase:
    images = items[0]
    parts, part_images = image_groups(images)

    def emit(code: Code, arguments: Arguments) -> None:
        def image(number: Number) -> None:
            starts = code.times(number, elements(items)), code.times(number, elements(partners))
            _each_item(
                code,
                stretches,
                (items, partners),
                starts,
                lambda item, channel, lanes: body(code, arguments, item, channel, lanes),
            )

        each_image(code, arguments.group, images, part_images, image)

    return Phase("pool", parts, *touched, emit, images=images)


def each_window(code: Code, pooling: Pooling, body: Callable[[Item, Number, int], None]) -> None:
    """Run ``body(window, channel, lanes)`` for all windows of one picture; offsets count from its start."""
    height, width = pooling.axes()
    stretches = (height.windows(), width.windows())
    _each_item(code, stretches, (pooling.maps, pooling.pictures), (0, 0), body)


def _each_item(
    code: Code,
    stretches: tuple[list[Stretch], list[Stretch]],
    shapes: tuple[Shape, Shape],
    starts: tuple[Number, Number],
    body: Callable[[Item, Number, int], None],
) -> None:
    """Run ``body`` for all items of one picture; ``starts`` are the offsets of it and of its partners."""
    items, partners = shapes
    channels = items[3]

    def item(rows: Stretch, columns: Stretch, row: Number, column: Number) -> None:
        place = code.plus(code.times(_at(code, rows, row), items[2]), _at(code, columns, column))
        partner = code.plus(
            code.times(_partner(code, rows, row), partners[2]), _partner(code, columns, column)
        )
        start = code.plus(starts[1], code.times(partner, channels))
        others = [
            code.plus(start, (i * partners[2] + j) * channels)
            for i, j in product(range(rows.partners), range(columns.partners))
        ]
        found = Item(code.plus(starts[0], code.times(place, channels)), others, rows, columns)
        code.vectors(channels, lambda channel, lanes: body(found, channel, lanes))

    def row_of_items(rows: Stretch, row: Number) -> None:
        # A whole row at a time, so that memory is gone through in its order.
        for columns in stretches[1]:
            code.loop(columns.count, partial(item, rows, columns, row))

    for rows in stretches[0]:
        code.loop(rows.count, partial(row_of_items, rows))


def _at(code: Code, stretch: Stretch, index: Number) -> Number:
    return code.plus(stretch.first, code.times(index, stretch.step))


def _partner(code: Code, stretch: Stretch, index: Number) -> Number:
    return code.plus(stretch.partner, code.times(index, stretch.partner_step))
