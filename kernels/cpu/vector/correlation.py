"""Filters that slide over one picture, by register tiles: the direct way to its maps.

    picture in its border                   packed filters               maps
    ┌───────────────────────┐               w·C steps a run, h runs      ┌──────────────────┐
    │   ┌───────┐           │               ┌─────────────────┐          │                  │
    │   │ run 0 │ row of    │               │ run 0 × filters │          │ pixel ▭▭▭▭ rows  │
    │   │ run 1 │ taps with │      ·        │ run 1 × filters │   ──▶    │       ▭▭▭▭ of a  │
    │   │ run 2 │ channels  │               │ run 2 × filters │          │       ▭▭▭▭ tile  │
    │   └───────┘ of a pixel│               └─────────────────┘          │     columns:     │
    └───────────────────────┘                                            │     filters      │
                                                                         └──────────────────┘
A row of taps with its channels is one stretch of memory, so that no window is ever copied. Where the windows
of a tile's rows begin, and where scattered pixels of the maps lie, tables say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.pack import pack_transposed, packed_size
from kernels.cpu.vector.picture import Windows
from kernels.cpu.vector.target import Method, Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, offset_table, whole


def direct(shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair) -> PictureConvolution:
    """Return what makes the maps y of one picture of x at a time by register tiles."""
    filters, *size, _ = shapes["weights"]
    windows = windows_over(shapes["x"][1:], shapes["y"], size, stride, padding)
    return _Direct(Correlation(target, windows, filters, start="bias"))


class PictureConvolution(Protocol):
    """Makes the maps of one picture at a time, from filters that were prepared before."""

    @property
    def method(self) -> Method:
        """How it works."""

    @property
    def filters(self) -> tuple[str, int]:
        """The name of the prepared filters, and how many elements they have."""

    @property
    def tables(self) -> dict[str, NDArray[np.int64]]:
        """The constants that it reads."""

    @property
    def scratch(self) -> int:
        """Elements of scratch memory."""

    def prepare_filters(self) -> Phase:
        """Return the phase that prepares the filters."""

    def prepare(self, code: Code, scratch: Value) -> None:
        """Do in the scratch memory what is to be done once before all pictures."""

    def emit(self, code: Code, arguments: Arguments, picture: Value, maps: Value) -> None:
        """Write the maps of one picture."""


@dataclass(frozen=True)
class _Direct:
    """A correlation, picture by picture."""

    correlation: Correlation

    @property
    def method(self) -> Method:
        return "direct"

    @property
    def filters(self) -> tuple[str, int]:
        c = self.correlation
        return "packed", packed_size(c.target, c.filters, c.depth)

    @property
    def tables(self) -> dict[str, NDArray[np.int64]]:
        return {"offsets": self.correlation.offsets()}

    @property
    def scratch(self) -> int:
        return self.correlation.windows.copied

    def prepare_filters(self) -> Phase:
        c = self.correlation
        return pack_transposed(c.target, "weights", "packed", c.filters, c.depth)

    def prepare(self, code: Code, scratch: Value) -> None:
        self.correlation.windows.clear_border(code, scratch)

    def emit(self, code: Code, arguments: Arguments, picture: Value, maps: Value) -> None:
        self.correlation.emit(
            code,
            picture=picture,
            packed=arguments["packed"],
            maps=maps,
            biases=arguments["biases"],
            offsets=arguments["offsets"],
            scratch=arguments.scratch,
        )


@dataclass(frozen=True)
class Correlation:
    """Filters that slide over one picture, as tiles. ``step`` is from one pixel of the maps to the next, in
    elements; None where pixels lie where the second half of the table of offsets says.
    """

    target: Target
    windows: Windows
    filters: int
    start: str
    scattered: bool = False

    @property
    def depth(self) -> int:
        """Steps of the sum of one pixel: taps times channels."""
        return self.windows.size[0] * self.windows.size[1] * self.windows.channels

    @property
    def pixels(self) -> int:
        """Pixels of the maps."""
        return self.windows.places[0] * self.windows.places[1]

    def offsets(self) -> NDArray[np.int64]:
        """Return where the windows of the pixels begin."""
        return self.windows.offsets()

    def emit(
        self,
        code: Code,
        *,
        picture: Value,
        packed: Value,
        maps: Value,
        offsets: Value,
        scratch: Value,
        biases: Value = None,
        places: Value = None,
    ) -> None:
        """Write the maps of one picture; ``places`` is the table of the pixels' places in them."""
        opened = self.windows.open(code, picture, scratch) if self.depth else picture
        run = self.windows.size[1] * self.windows.channels

        def block(first: Number, size: int) -> None:
            width = whole(self.target, size)

            def tile(rows: int, columns: int) -> Tile:
                return Tile(
                    rows=rows,
                    columns=columns,
                    runs=self.windows.size[0],
                    depth=run,
                    a_run=self.windows.row,
                    a_step=1,
                    b_run=run * width,
                    b_step=width,
                    a_row=None,
                    c_row=None if self.scattered else self.filters,
                    start=self.start,  # type: ignore[arg-type]
                    padded=True,
                )

            def operands(pixel: Number) -> Operands:
                at = first if self.scattered else code.plus(first, code.times(pixel, self.filters))
                return Operands(
                    a=opened,
                    b=code.at(packed, code.times(first, self.depth)),
                    c=code.at(maps, at),
                    bias=code.at(biases, first) if biases is not None else None,
                    a_rows=offset_table(code, offsets, pixel),
                    c_rows=offset_table(code, places, pixel) if self.scattered else None,
                )

            multiply_rows(code, self.pixels, size, tile, operands)

        code.each(column_blocks(self.target, self.filters), block)


def windows_over(
    picture: Sequence[int], maps: Shape, size: Sequence[int], stride: Pair, padding: Pair
) -> Windows:
    height, width, channels = picture
    return Windows(height, width, channels, (maps[1], maps[2]), (size[0], size[1]), stride, padding)
