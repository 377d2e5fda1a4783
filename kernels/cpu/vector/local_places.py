"""The places of a local layer and the pixels of its pictures, as groups of work.

    windows of an axis, 3 taps, padding 1         ┊ pixels of the picture ┊
    place 0 sees 2 taps inside        [ · ■ ■ ]   ■   ■   ■   ■   ■   ■
    places 1 … see all of them            [ ■ ■ ■ ]
    the last sees 2                                           [ ■ ■ · ]

Items of an axis that see equally many partners are a stretch: one body of code serves them all. Down and
across, these make rectangles of places; a group finds its own by comparing two numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import I64, Code, Number
from kernels.cpu.vector.overlap import Axis, Stretch
from kernels.cpu.vector.picture import elements


@dataclass(frozen=True)
class Here:
    """An item along one axis, its first partner, and the stretch that it belongs to."""

    item: Number
    partner: Number
    stretch: Stretch


@dataclass(frozen=True)
class Layer:
    """Offsets into the arrays of a local layer: pictures (N, H, W, C) and maps (N, P, Q, F)."""

    pictures: Shape
    made: Shape
    size: Pair
    stride: Pair
    padding: Pair

    @property
    def images(self) -> int:
        return self.pictures[0]

    @property
    def width(self) -> int:
        return self.pictures[2]

    @property
    def channels(self) -> int:
        return self.pictures[3]

    @property
    def columns(self) -> int:
        return self.made[2]

    @property
    def filters(self) -> int:
        return self.made[3]

    @property
    def picture(self) -> int:
        """Elements of one picture."""
        return elements(self.pictures)

    @property
    def maps(self) -> int:
        """Elements of the maps of one picture."""
        return elements(self.made)

    @property
    def weights_of_place(self) -> int:
        """Elements of the weights of a place."""
        return self.size[0] * self.tap_row

    @property
    def tap_row(self) -> int:
        """Elements of the weights of one row of a place's taps."""
        return self.size[1] * self.channels * self.filters

    def axes(self) -> tuple[Axis, Axis]:
        """Return the windows along the height and along the width."""
        rows, columns = (
            Axis(self.pictures[1 + i], self.made[1 + i], self.size[i], self.stride[i], -self.padding[i])
            for i in range(2)
        )
        return rows, columns

    def pixel(self, code: Code, row: Number, column: Number) -> Number:
        """Return the offset of a pixel of the first picture."""
        return code.times(code.plus(code.times(row, self.width), column), self.channels)

    def place(self, code: Code, row: Number, column: Number) -> Number:
        """Return the number of a place."""
        return code.plus(code.times(row, self.columns), column)

    def weights(self, code: Code, down: Here, across: Here) -> Number:
        """Return the offset of a place's weights, from the first tap inside the picture on."""
        first = down.stretch.detail[0] * self.size[1] + across.stretch.detail[0]
        tap = code.plus(
            code.times(self.place(code, down.item, across.item), self.size[0] * self.size[1]), first
        )
        return code.times(tap, self.channels * self.filters)

    def weights_of_tap(self, code: Code, down: Here, across: Here, row: int, column: int) -> Number:
        """Return the offset of the weights by which a pixel is seen from its window (row, column)."""
        place = self.place(code, code.plus(down.partner, row), code.plus(across.partner, column))
        i, j = (
            here.stretch.first - (here.stretch.partner + number) * stride + padding
            for here, number, stride, padding in zip(
                (down, across), (row, column), self.stride, self.padding, strict=True
            )
        )
        tap = code.plus(code.times(place, self.size[0] * self.size[1]), i * self.size[1] + j)
        return code.times(tap, self.channels * self.filters)


def by_windows(
    layer: Layer,
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    body: Callable[[Code, Arguments, Here, Here], None],
) -> Phase:
    """Return the phase with a group for each place of the maps: ``body(code, arguments, down, across)``."""
    rows, columns = layer.axes()
    return by_items(rows.windows(), columns.windows(), (reads, writes), body)


def by_items(
    rows: list[Stretch],
    columns: list[Stretch],
    touched: tuple[tuple[str, ...], tuple[str, ...]],
    body: Callable[[Code, Arguments, Here, Here], None],
) -> Phase:
    """Return the phase with a group for each item of two axes: ``body(code, arguments, down, across)``."""
    width = sum(stretch.count for stretch in columns)
    numbers_down = _starts(rows)
    numbers_across = _starts(columns)

    def emit(code: Code, arguments: Arguments) -> None:
        row, column = code.divided(arguments.group, width)
        for down, across in product(
            zip(rows, numbers_down, strict=True), zip(columns, numbers_across, strict=True)
        ):
            with code.builder.if_then(
                code.builder.and_(_among(code, row, *down), _among(code, column, *across))
            ):
                body(code, arguments, _here(code, row, *down), _here(code, column, *across))

    return Phase("places", width * sum(stretch.count for stretch in rows), *touched, emit)


def _starts(stretches: list[Stretch]) -> list[int]:
    """Return the number of the first item of each stretch, counting through all of them."""
    return [sum(stretch.count for stretch in stretches[:index]) for index in range(len(stretches))]


def _among(code: Code, number: Number, stretch: Stretch, first: int) -> Number:
    """Return whether an item is one of a stretch whose first item has the number ``first``."""
    at_least = code.builder.icmp_signed(">=", code.value(number), I64(first))
    below = code.builder.icmp_signed("<", code.value(number), I64(first + stretch.count))
    return code.builder.and_(at_least, below)


def _here(code: Code, number: Number, stretch: Stretch, first: int) -> Here:
    index = code.plus(number, -first)
    return Here(
        item=code.plus(stretch.first, code.times(index, stretch.step)),
        partner=code.plus(stretch.partner, code.times(index, stretch.partner_step)),
        stretch=stretch,
    )
