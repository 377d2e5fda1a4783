"""Convolution, ReLU and max pooling picture by picture; what they are, kernels/cpu/pooled_conv.py says.

Forward. The maps of one picture are there for as long as they are pooled, and never leave a core's cache.

    picture ──▶ maps of one picture ──▶ ┌ 3 × 3 window ┐ ──▶ pooled: the maximum, if it is positive
                (scratch memory)        │ ·  ■  ·      │     winners: a bit for each pixel that is it
                                        └──────────────┘

Gradient of filters. Of all pixels of a map only a window's winners get gradients: see winners.py.
"""

from __future__ import annotations

from functools import reduce

from kernels.arrays import Pair, Shape
from kernels.cpu.vector import thin_winograd
from kernels.cpu.vector.correlation import PictureConvolution, direct
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.picture import Windows, elements
from kernels.cpu.vector.pooling import Item, Pooling, each_window
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import whole
from kernels.cpu.vector.winners import Winners

_SUMS_LIMIT = 1 << 20
"""Elements that the filters' sums of all groups of images should have at most."""


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> Generated:
    """Return the kernel that writes the pooled maps and their windows' winners."""
    images, *_, filters = shapes["z"]
    parts, part_images = image_groups(images)
    sums = (images, *maps, filters)
    own = shapes | {"y": sums}
    if target.method != "direct" and thin_winograd.wins(shapes["weights"], sums, stride):
        pictures: PictureConvolution = thin_winograd.ThinConvolution(
            target, shapes["x"], shapes["weights"], sums, padding
        )
    else:
        pictures = direct(own, target, stride, padding)
    pooling = Pooling(sums, shapes["z"], pool_size, pool_stride, pool_start)
    name, size = pictures.filters
    at_pictures = whole(target, elements(sums))

    def convolve(code: Code, arguments: Arguments) -> None:
        scratch = code.at(arguments.scratch, at_pictures)
        pictures.prepare(code, scratch)

        def one(image: Number) -> None:
            picture = code.at(arguments["x"], code.times(image, elements(shapes["x"])))
            own = Arguments(arguments.arrays, arguments.group, scratch)
            pictures.emit(code, own, picture, arguments.scratch)
            at = code.times(image, elements(shapes["z"]))
            pooled, winners = code.at(arguments["z"], at), code.at(arguments["winners"], at)
            each_window(
                code,
                pooling,
                lambda item, channel, lanes: _pool(
                    code, arguments.scratch, (pooled, winners), (item, pool_size[1]), (channel, lanes)
                ),
            )

        each_image(code, arguments.group, images, part_images, one)

    reads, writes = ("x", name, "biases"), ("z", "winners")
    return Generated(
        what=f"pooled_conv.forward {pictures.method} {shapes} {pooling} {stride} {padding}",
        arrays=("x", "weights", "biases", "z", "winners"),
        phases=(
            pictures.prepare_filters(),
            Phase("convolve", parts, reads, writes, convolve, images=images),
        ),
        workspace={name: (size,)},
        tables=pictures.tables,
        scratch=at_pictures + pictures.scratch,
        method=pictures.method,
    )


def _pool(
    code: Code, maps: Value, to: tuple[Value, Value], window: tuple[Item, int], channels: tuple[Number, int]
) -> None:
    """Write the positive part of a window's maximum, and a bit for each pixel that it is, if positive."""
    item, width = window
    channel, lanes = channels
    b = code.builder
    values = [code.load(maps, code.plus(channel, pixel), lanes) for pixel in item.partners]
    largest = values[0]
    for value in values[1:]:
        largest = code.larger(largest, value)
    pairs = zip(values[::2], [*values[1::2], values[-1]], strict=False)
    unordered = reduce(b.or_, [b.fcmp_unordered("uno", *pair) for pair in pairs])
    bits = code.integers(0)
    for number, value in enumerate(values):
        row, column = divmod(number, item.columns.partners)
        bit = (item.rows.detail[0] + row) * width + item.columns.detail[0] + column
        same = b.fcmp_ordered("==", value, largest)
        bits = b.or_(bits, b.select(same, code.integers(1 << bit), code.integers(0)))
    positive = b.fcmp_ordered(">", largest, code.zero)
    bits = b.select(positive, bits, code.integers(0))
    at = code.plus(channel, item.at)
    pooled = b.select(unordered, code.constant(float("nan")), code.relu(largest))
    code.store(pooled, to[0], at, lanes)
    code.store(b.bitcast(bits, code.vector), to[1], at, lanes)


def backward_weights(
    shapes: dict[str, Shape],
    target: Target,
    *,
    maps: Pair,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> Generated:
    """Return the kernel that writes the gradients of the filters and of the biases."""
    images, height, width, channels = shapes["x"]
    filters, *size, _ = shapes["dweights"]
    windows = Windows(height, width, channels, maps, (size[0], size[1]), stride, padding)
    pooled = shapes["dz"][1:3]
    sparse = Winners(target, windows, filters, (pooled[0], pooled[1]), pool_size, pool_stride, pool_start)
    parts, part_images = image_groups(images)
    while parts * sparse.sums > _SUMS_LIMIT and parts > 1:
        part_images *= 2
        parts = -(-images // part_images)

    def sum_group(code: Code, arguments: Arguments) -> None:
        sums = code.at(arguments["sums"], code.times(arguments.group, sparse.sums))
        code.clear(sums, sparse.sums)
        windows.clear_border(code, arguments.scratch)

        def one(image: Number) -> None:
            picture = code.at(arguments["x"], code.times(image, elements(shapes["x"])))
            at = code.times(image, elements(shapes["dz"]))
            won, gradients = code.at(arguments["winners"], at), code.at(arguments["dz"], at)
            sparse.add(code, picture, (won, gradients), sums, arguments.scratch)

        each_image(code, arguments.group, images, part_images, one)

    def unpack(code: Code, arguments: Arguments) -> None:
        sparse.unpack(code, arguments, parts)

    return Generated(
        what=f"pooled_conv.backward_weights {shapes} {sparse}",
        arrays=("x", "winners", "dz", "dweights", "dbiases"),
        phases=(
            Phase("sum", parts, ("x", "winners", "dz"), ("sums",), sum_group, images=images),
            Phase("unpack", filters, ("sums",), ("dweights", "dbiases"), unpack),
        ),
        workspace={"sums": (parts, sparse.sums)},
        scratch=sparse.scratch,
    )
