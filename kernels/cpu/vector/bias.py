"""Gradient of biases: sums over images and places; the formula is that of kernels/cpu/bias.py.

Each group of images makes its own sums; these are added in order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from kernels.arrays import Shape
from kernels.cpu.vector.flat import by_runs
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.pack import sum_of_groups
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import whole

_VECTORS = 8
"""Vectors of filters that are summed at a time: enough that no sum waits for itself."""


def backward(shapes: dict[str, Shape], target: Target, *, accumulate: bool = False) -> Generated:
    """Return the kernel that writes the gradient of the biases, or adds it to dbiases.

    Biases are shared by all places, or each place has its own.
    """
    images, *places, filters = shapes["dy"]
    if shapes["dbiases"] != (filters,):
        return _of_places(shapes, accumulate)
    parts, part_images = image_groups(images)
    width = whole(target, filters)
    pixels = prod(places)

    def sum_part(code: Code, arguments: Arguments) -> None:
        sums = code.at(arguments["sums"], code.times(arguments.group, width))
        code.clear(sums, width)

        def image(number: Number) -> None:
            dy = code.at(arguments["dy"], code.times(number, pixels * filters))

            def block(first: Number, size: int) -> None:
                places = [(at, min(target.lanes, size - at)) for at in range(0, size, target.lanes)]

                def add(pixel: Number, carried: list[Value]) -> list[Value]:
                    row = code.at(dy, code.plus(first, code.times(pixel, filters)))
                    return [
                        code.builder.fadd(total, code.load(row, *place))
                        for total, place in zip(carried, places, strict=True)
                    ]

                own = code.at(sums, first)
                totals = code.fold(pixels, [code.load(own, at) for at, _ in places], add)
                for total, (at, _) in zip(totals, places, strict=True):
                    code.store(total, own, at)

            code.each(spans(filters, _VECTORS * target.lanes), block)

        each_image(code, arguments.group, images, part_images, image)

    def add_parts(code: Code, arguments: Arguments) -> None:
        def vector(first: Number, lanes: int) -> None:
            total = sum_of_groups(code, code.at(arguments["sums"], first), parts, width)
            if accumulate:
                total = code.builder.fadd(total, code.load(arguments["dbiases"], first, lanes))
            code.store(total, arguments["dbiases"], first, lanes)

        code.vectors(filters, vector)

    return Generated(
        what=f"bias.backward {shapes} {accumulate}",
        arrays=("dy", "dbiases"),
        phases=(
            Phase("sum", parts, ("dy",), ("sums",), sum_part, images=images),
            Phase("add", 1, ("sums",), ("dbiases",), add_parts),
        ),
        workspace={"sums": (parts, width)},
    )


def _of_places(shapes: dict[str, Shape], accumulate: bool) -> Generated:
    """Return the kernel for biases of each place: (places, filters)."""
    images, *_ = shapes["dy"]
    total = prod(shapes["dbiases"])

    def body(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
        def vector(at: Number, lanes: int) -> None:
            def add(image: Number, carried: list[Value]) -> list[Value]:
                dy = code.load(arguments["dy"], code.plus(at, code.times(image, total)), lanes)
                return [code.builder.fadd(carried[0], dy)]

            start = code.load(arguments["dbiases"], at, lanes) if accumulate else code.zero
            code.store(code.fold(images, [start], add)[0], arguments["dbiases"], at, lanes)

        return vector

    runs = by_runs(shapes["dbiases"])
    return Generated(
        what=f"bias.backward {shapes} {accumulate}",
        arrays=("dy", "dbiases"),
        phases=(runs.phase(("dy",), ("dbiases",), body),),
        tables=runs.tables,
    )
