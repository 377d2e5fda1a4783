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

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector import space_to_depth, winograd
from kernels.cpu.vector.correlation import direct, windows_over
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.pack import unpack_sums
from kernels.cpu.vector.picture import Windows, elements
from kernels.cpu.vector.pixel_classes import pixel_classes
from kernels.cpu.vector.target import Target
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
) -> Generated | None:
    """Return the kernel that writes the maps y."""
    if not _plain(groups, dilation) or len(shapes.get("biases", ())) != 1:
        return None
    if target.method != "direct" and winograd.wins(shapes["weights"], shapes["y"], stride):
        return winograd.forward(shapes, target, padding)
    if target.method != "direct" and space_to_depth.wins(shapes["weights"], shapes["y"], stride):
        return space_to_depth.forward(shapes, target, stride, padding)
    images = shapes["x"][0]
    parts, part_images = image_groups(images)
    pictures = direct(shapes, target, stride, padding)

    def convolve(code: Code, arguments: Arguments) -> None:
        pictures.prepare(code, arguments.scratch)

        def one(image: Number) -> None:
            picture = code.at(arguments["x"], code.times(image, elements(shapes["x"])))
            maps = code.at(arguments["y"], code.times(image, elements(shapes["y"])))
            pictures.emit(code, arguments, picture, maps)

        each_image(code, arguments.group, images, part_images, one)

    name, size = pictures.filters
    return Generated(
        what=f"conv.forward {shapes} {stride} {padding}",
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
    classes = list(pixel_classes(shapes, target, stride, padding, accumulate))
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
        return winograd.backward_weights(shapes, target, padding, accumulate=accumulate)
    if target.method != "direct" and space_to_depth.wins(shapes["dweights"], shapes["dy"], stride):
        return space_to_depth.backward_weights(shapes, target, stride, padding, accumulate=accumulate)
    images, *picture = shapes["x"]
    _, rows, columns, filters = shapes["dy"]
    size = shapes["dweights"][1:3]
    windows = windows_over(picture, shapes["dy"], size, stride, padding)
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


def _plain(groups: int, dilation: Pair) -> bool:
    return groups == 1 and dilation == (1, 1)


def _taps(windows: Windows) -> NDArray[np.int64]:
    """Return where the taps and their channels lie, counted from a window's first pixel."""
    rows = np.arange(windows.size[0]) * windows.row
    return np.asarray(np.add.outer(rows, np.arange(windows.size[1] * windows.channels)).reshape(-1), np.int64)
