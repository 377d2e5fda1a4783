"""The places of a local layer and the pixels of its pictures, as groups of work.

    windows of an axis, 3 taps, padding 1         ┊ pixels of the picture ┊
    place 0 sees 2 taps inside        [ · ■ ■ ]   ■   ■   ■   ■   ■   ■
    places 1 … see all of them            [ ■ ■ ■ ]
    the last sees 2                                           [ ■ ■ · ]

Which partners an item of an axis has, a place its pixels, or a pixel its windows, is read from a table of the
kernel. So one body of code serves them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.overlap import Axis
from kernels.cpu.vector.picture import elements

_AXES = ("down", "across")
"""Names of the tables of partners."""


@dataclass(frozen=True)
class Here:
    """An item along one axis, its first partner, and how many partners it has side by side."""

    item: Number
    partner: Number
    partners: Number


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

    @property
    def windows(self) -> dict[str, NDArray[np.int64]]:
        """The tables of the pixels that windows see."""
        return _tables([[axis.pixels_of(place) for place in range(axis.places)] for axis in self._axes])

    @property
    def seers(self) -> dict[str, NDArray[np.int64]]:
        """The tables of the windows that see pixels."""
        return _tables([[axis.windows_of(pixel) for pixel in range(axis.extent)] for axis in self._axes])

    @property
    def _axes(self) -> list[Axis]:
        return [
            Axis(self.pictures[1 + i], self.made[1 + i], self.size[i], self.stride[i], -self.padding[i])
            for i in range(2)
        ]

    def pixel(self, code: Code, row: Number, column: Number) -> Number:
        """Return the offset of a pixel of the first picture."""
        return code.times(code.plus(code.times(row, self.width), column), self.channels)

    def place(self, code: Code, row: Number, column: Number) -> Number:
        """Return the number of a place."""
        return code.plus(code.times(row, self.columns), column)

    def weights(self, code: Code, window: tuple[Number, Number], pixel: tuple[Number, Number]) -> Number:
        """Return the offset of the weights of the tap by which a place sees a pixel."""
        row, column = (
            code.plus(pixel[i], code.times(window[i], -self.stride[i]), self.padding[i]) for i in range(2)
        )
        place = code.times(self.place(code, *window), self.weights_of_place)
        tap = code.plus(code.times(row, self.tap_row), code.times(column, self.channels * self.filters))
        return code.plus(place, tap)


def by_items(
    tables: dict[str, NDArray[np.int64]],
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    body: Callable[[Code, Arguments, Here, Here], None],
) -> Phase:
    """Return the phase with a group for each item of two axes: ``body(code, arguments, down, across)``.

    ``tables`` are the axes' partners, of places or of pixels.
    """
    height, width = (len(tables[name]) for name in _AXES)

    def emit(code: Code, arguments: Arguments) -> None:
        items = code.divided(arguments.group, width)
        body(
            code,
            arguments,
            *(_here(code, arguments[name], item) for name, item in zip(_AXES, items, strict=True)),
        )

    return Phase("places", height * width, reads, writes, emit)


def _tables(axes: list[list[range]]) -> dict[str, NDArray[np.int64]]:
    """Return a table of each axis with a row for each item: its first partner, and how many it has."""
    return {
        name: np.array([(partners.start, len(partners)) for partners in items], np.int64)
        for name, items in zip(_AXES, axes, strict=True)
    }


def _here(code: Code, table: Value, item: Number) -> Here:
    at = code.times(item, 2)
    return Here(item, code.integer(table, at), code.integer(table, code.plus(at, 1)))
