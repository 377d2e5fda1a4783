"""The pixels of a picture that see the same taps of a convolution with a stride, for their gradient.

    stride 2, taps 0 … 4:        pixel   0   1   2   3   4   5 …
                                 class   a   b   a   b   a   b
    class a sees taps 0, 2, 4    ■ maps' pixels, one each stride, in reverse order
    class b sees taps 1, 3

With stride s there are s·s classes. Each is a correlation with stride 1 over the maps' gradient, and its
results lie s pixels apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.correlation import Correlation
from kernels.cpu.vector.generated import Arguments
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.pack import packed_size
from kernels.cpu.vector.picture import Windows
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import column_blocks, offset_table, whole


@dataclass(frozen=True)
class PixelClass:
    """The pixels of dx that see the same taps: ``first`` of them and each ``stride`` after.

    ``taps`` are the last tap that they see; the others come each ``stride`` before it.
    """

    correlation: Correlation
    stride: Pair
    first: Pair
    taps: Pair
    weights: Shape
    width: int
    at_packed: int
    at_scratch: int
    at_offsets: int

    @property
    def packed(self) -> int:
        """Elements of its packed filters."""
        return packed_size(self.correlation.target, self.correlation.filters, self.correlation.depth)

    @property
    def scratch(self) -> int:
        """Elements of its picture with borders."""
        return self.correlation.windows.copied

    def offsets(self) -> NDArray[np.int64]:
        """Return where the windows begin, then where the pixels of dx lie."""
        rows, columns = (
            first + stride * np.arange(places)
            for first, stride, places in zip(
                self.first, self.stride, self.correlation.windows.places, strict=True
            )
        )
        pixels = np.add.outer(rows * self.width, columns).reshape(-1) * self.weights[3]
        return np.concatenate([self.correlation.offsets(), pixels])

    def pack(self, code: Code, arguments: Arguments) -> None:
        """Write the part of filter ``group``: its taps in reverse order, channels side by side."""
        _, height, width, channels = self.weights
        filters = self.correlation.windows.channels
        rows, columns = self.correlation.windows.size
        source = code.at(arguments["weights"], code.times(arguments.group, height * width * channels))

        def tap(row: Number, column: Number) -> None:
            i = code.plus(self.taps[0], code.times(row, -self.stride[0]))
            j = code.plus(self.taps[1], code.times(column, -self.stride[1]))
            pixel = code.at(source, code.times(code.plus(code.times(i, width), j), channels))
            step = code.plus(
                code.times(code.plus(code.times(row, columns), column), filters), arguments.group
            )

            def block(first: Number, size: int) -> None:
                padded = whole(self.correlation.target, size)
                at = code.plus(
                    self.at_packed, code.times(first, self.correlation.depth), code.times(step, padded)
                )
                packed = code.at(arguments["packed"], at)
                code.vectors(
                    size,
                    lambda at, lanes: code.store(code.load(code.at(pixel, first), at, lanes), packed, at),
                )

            code.each(column_blocks(self.correlation.target, channels), block)

        code.loop(rows, lambda row: code.loop(columns, lambda column: tap(row, column)))

    def emit(self, code: Code, arguments: Arguments, dy: Value, dx: Value) -> None:
        """Write the gradient of these pixels of one picture."""
        offsets = offset_table(code, arguments["offsets"], self.at_offsets)
        self.correlation.emit(
            code,
            picture=dy,
            packed=code.at(arguments["packed"], self.at_packed),
            maps=dx,
            offsets=offsets,
            scratch=code.at(arguments.scratch, self.at_scratch),
            places=offset_table(code, offsets, self.correlation.pixels),
        )


def pixel_classes(
    shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair, accumulate: bool
) -> Iterator[PixelClass]:
    _, *extents, channels = shapes["dx"]
    _, *maps, filters = shapes["dy"]
    size = shapes["weights"][1:3]
    at_packed = at_scratch = at_offsets = 0
    for residues in product(range(stride[0]), range(stride[1])):
        axes = list(map(_axis_class, extents, size, stride, padding, residues))
        windows = Windows(
            maps[0],
            maps[1],
            filters,
            places=(axes[0].pixels, axes[1].pixels),
            size=(axes[0].taps, axes[1].taps),
            stride=(1, 1),
            before=(axes[0].before, axes[1].before),
        )
        correlation = Correlation(
            target, windows, channels, start="load" if accumulate else "zero", scattered=True
        )
        pixels = PixelClass(
            correlation,
            stride,
            first=(axes[0].first, axes[1].first),
            taps=(axes[0].last_tap, axes[1].last_tap),
            weights=shapes["weights"],
            width=extents[1],
            at_packed=at_packed,
            at_scratch=at_scratch,
            at_offsets=at_offsets,
        )
        at_packed += pixels.packed
        at_scratch += pixels.scratch
        at_offsets += 2 * correlation.pixels
        yield pixels


@dataclass(frozen=True)
class _AxisClass:
    """Along one axis: how many pixels, the first of them; how many taps, the last; where windows begin."""

    pixels: int
    first: int
    taps: int
    last_tap: int
    before: int


def _axis_class(extent: int, size: int, stride: int, padding: int, residue: int) -> _AxisClass:
    """Return the pixels u with (u + padding) mod stride = residue: u = residue − padding + stride · a.

    Of the taps residue + stride · i, i = 0 … taps − 1, it meets the maps' pixel a − i.
    """
    first = -((residue - padding) // stride)
    last = (extent - 1 + padding - residue) // stride
    taps = max(0, -(-(size - residue) // stride))
    return _AxisClass(
        pixels=max(0, last - first + 1),
        first=residue - padding + stride * first,
        taps=taps,
        last_tap=residue + stride * (taps - 1),
        before=taps - 1 - first,
    )
