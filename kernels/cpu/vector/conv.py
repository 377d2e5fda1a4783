"""Convolution and its gradients by register tiles; the formulas are those of kernels/cpu/conv.py.

Each picture is copied into its border of zeros, in a thread's scratch memory, where it stays in the cache.

Forward. A tile's rows are pixels of the maps, its columns filters. A row of taps with its channels is one run
of memory, so there are h runs of w·C steps. Filters are packed once: (block of filters, h·w·C, filters).

Gradient of pictures. It is the same with the roles changed: windows over the maps' gradient, the taps in
reverse order, filters as channels. With stride s it falls into s·s such convolutions, one for each class of
pixels: pixel y sees only those taps i for which y + padding − i is a multiple of s.

Gradient of filters. A tile's rows are taps with their channels, its columns filters; it sums over the pixels
of the maps, of which a row is one run. Each group of images makes its own sum; these are added in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector import winograd
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.pack import pack_transposed, packed_size, unpack_sums
from kernels.cpu.vector.picture import Windows, elements
from kernels.cpu.vector.target import Method, Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, offset_table, whole

_SUMS_LIMIT = 1 << 20
"""Elements that the filters' sums of all groups of images should have at most."""
_FEW_PARTS = 4


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    neuron: str = "",
) -> Generated | None:
    """Return the kernel that writes the maps y, through a ReLU if ``neuron`` is "relu"."""
    known = _plain(groups, dilation) and neuron in {"", "relu"}
    if not known or len(shapes.get("biases", ())) != 1:
        return None
    if target.method != "direct" and winograd.wins(shapes["weights"], shapes["y"], stride):
        return winograd.forward(shapes, target, padding, neuron)
    images = shapes["x"][0]
    parts, part_images = image_groups(images)
    pictures = direct(shapes, target, stride, padding, relu=neuron == "relu")

    def convolve(code: Code, arguments: Arguments) -> None:
        pictures.prepare(code, arguments.scratch)

        def one(image: Number) -> None:
            picture = code.at(arguments["x"], code.times(image, elements(shapes["x"])))
            maps = code.at(arguments["y"], code.times(image, elements(shapes["y"])))
            pictures.emit(code, arguments, picture, maps)

        each_image(code, arguments.group, images, part_images, one)

    name, size = pictures.filters
    return Generated(
        what=f"conv.forward {shapes} {stride} {padding} {neuron}",
        arrays=("x", "weights", "biases", "y"),
        phases=(
            pictures.prepare_filters(),
            Phase("convolve", parts, ("x", name, "biases"), ("y",), convolve, images=images),
        ),
        workspace={name: (size,)},
        tables=pictures.tables,
        scratch=pictures.scratch,
        method="direct",
    )


def direct(
    shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair, *, relu: bool
) -> PictureConvolution:
    """Return what makes the maps y of one picture of x at a time by register tiles."""
    filters, *size, _ = shapes["weights"]
    windows = _windows(shapes["x"][1:], shapes["y"], size, stride, padding)
    return _Direct(Correlation(target, windows, filters, start="bias", relu=relu))


def backward_data(
    shapes: dict[str, Shape],
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> Generated | None:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""
    if not _plain(groups, dilation):
        return None
    if target.method != "direct" and winograd.wins(shapes["weights"], shapes["dy"], stride):
        return winograd.backward_data(shapes, target, padding, accumulate)
    images = shapes["dx"][0]
    classes = list(_pixel_classes(shapes, target, stride, padding, accumulate))
    parts, part_images = image_groups(images)
    filters = shapes["weights"][0]

    def pack(code: Code, arguments: Arguments) -> None:
        for pixels in classes:
            pixels.pack(code, arguments)

    def convolve(code: Code, arguments: Arguments) -> None:
        for pixels in classes:
            pixels.correlation.windows.clear_border(code, code.at(arguments.scratch, pixels.at_scratch))

        def one(image: Number) -> None:
            dy = code.at(arguments["dy"], code.times(image, elements(shapes["dy"])))
            dx = code.at(arguments["dx"], code.times(image, elements(shapes["dx"])))
            for pixels in classes:
                pixels.emit(code, arguments, dy, dx)

        each_image(code, arguments.group, images, part_images, one)

    last = classes[-1]
    return Generated(
        what=f"conv.backward_data {shapes} {stride} {padding} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(
            Phase("pack", filters, ("weights",), ("packed",), pack, early=True),
            Phase("convolve", parts, ("dy", "packed"), ("dx",), convolve, images=images),
        ),
        workspace={"packed": (last.at_packed + last.packed,)},
        tables={"offsets": np.concatenate([pixels.offsets() for pixels in classes])},
        scratch=last.at_scratch + last.scratch,
        method="direct",
    )


def backward_weights(
    shapes: dict[str, Shape],
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> Generated | None:
    """Return the kernel that writes the gradient of the filters, or adds it to dweights."""
    if not _plain(groups, dilation):
        return None
    if target.method != "direct" and winograd.wins(shapes["dweights"], shapes["dy"], stride):
        return winograd.backward_weights(shapes, target, padding, accumulate)
    images, *picture = shapes["x"]
    _, rows, columns, filters = shapes["dy"]
    size = shapes["dweights"][1:3]
    windows = _windows(picture, shapes["dy"], size, stride, padding)
    depth = elements(shapes["dweights"])
    width = whole(target, filters)
    parts, part_images = image_groups(images)
    if depth * width * parts > _SUMS_LIMIT and parts > _FEW_PARTS:
        part_images = -(-images // _FEW_PARTS)
        parts = -(-images // part_images)

    def tile(rows_of_tile: int, columns_of_tile: int) -> Tile:
        return Tile(
            rows=rows_of_tile,
            columns=columns_of_tile,
            runs=rows,
            depth=columns,
            a_run=stride[0] * windows.row,
            a_step=stride[1] * windows.channels,
            b_run=columns * filters,
            b_step=filters,
            a_row=None,
            c_row=width,
            start="load",
        )

    def sum_groups(code: Code, arguments: Arguments) -> None:
        sums = code.at(arguments["sums"], code.times(arguments.group, depth * width))
        code.clear(sums, depth * width)
        windows.clear_border(code, arguments.scratch)

        def one(image: Number) -> None:
            x = code.at(arguments["x"], code.times(image, elements(shapes["x"])))
            dy = code.at(arguments["dy"], code.times(image, elements(shapes["dy"])))
            opened = windows.open(code, x, arguments.scratch)
            code.each(
                column_blocks(target, filters),
                lambda first, size: multiply_rows(
                    code,
                    depth,
                    size,
                    tile,
                    lambda row: Operands(
                        a=opened,
                        b=code.at(dy, first),
                        c=code.at(sums, code.plus(first, code.times(row, width))),
                        a_rows=offset_table(code, arguments["taps"], row),
                    ),
                ),
            )

        each_image(code, arguments.group, images, part_images, one)

    return Generated(
        what=f"conv.backward_weights {shapes} {stride} {padding} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(
            Phase(
                "sum",
                parts,
                ("x", "dy"),
                ("sums",),
                sum_groups,
                images=images,
            ),
            unpack_sums("sums", "dweights", (parts, depth, width), filters, accumulate=accumulate),
        ),
        workspace={"sums": (parts, depth, width)},
        tables={"taps": _taps(windows)},
        scratch=windows.copied,
        method="direct",
    )


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
    relu: bool = False
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
                    relu=self.relu,
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


@dataclass(frozen=True)
class _PixelClass:
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


def _pixel_classes(
    shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair, accumulate: bool
) -> Iterator[_PixelClass]:
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
        pixels = _PixelClass(
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


def _plain(groups: int, dilation: Pair) -> bool:
    return groups == 1 and dilation == (1, 1)


def _windows(
    picture: Sequence[int], maps: Shape, size: Sequence[int], stride: Pair, padding: Pair
) -> Windows:
    height, width, channels = picture
    return Windows(height, width, channels, (maps[1], maps[2]), (size[0], size[1]), stride, padding)


def _taps(windows: Windows) -> NDArray[np.int64]:
    """Return where the taps and their channels lie, counted from a window's first pixel."""
    rows = np.arange(windows.size[0]) * windows.row
    return np.asarray(np.add.outer(rows, np.arange(windows.size[1] * windows.channels)).reshape(-1), np.int64)
