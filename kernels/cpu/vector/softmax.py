"""Softmax; the formula is that of kernels/cpu/softmax.py."""

from __future__ import annotations

from kernels.arrays import Shape
from kernels.cpu.vector.functions import exponential
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.target import Target


def forward(shapes: dict[str, Shape], target: Target) -> Generated:
    """Return the kernel that writes the probabilities y."""
    images, classes = shapes["x"]
    parts, part_images = image_groups(images)
    vectors = [(span.first, span.size, span.count) for span in spans(classes, target.lanes)]

    def emit(code: Code, arguments: Arguments) -> None:
        def image(number: Number) -> None:
            x = code.at(arguments["x"], code.times(number, classes))
            y = code.at(arguments["y"], code.times(number, classes))
            largest = code.constant(float("-inf"))
            for first, lanes, count in vectors:
                largest = code.fold(
                    count,
                    [largest],
                    lambda index, carried, first=first, lanes=lanes: [  # type: ignore[misc]
                        code.maximum(
                            carried[0],
                            code.load(x, code.plus(first, code.times(index, lanes)), lanes, float("-inf")),
                        )
                    ],
                )[0]
            shift = code.splat(code.reduced("maximum", largest))
            total = code.zero
            for first, lanes, count in vectors:

                def power(
                    index: Number, carried: list[Value], first: int = first, lanes: int = lanes
                ) -> list[Value]:
                    at = code.plus(first, code.times(index, lanes))
                    exponent = code.builder.fsub(code.load(x, at, lanes), shift)
                    value = code.first_lanes(exponential(code, exponent), lanes)
                    code.store(value, y, at, lanes)
                    return [code.builder.fadd(carried[0], value)]

                total = code.fold(count, [total], power)[0]
            sums = code.splat(code.reduced("add", total))
            code.vectors(
                classes,
                lambda at, lanes: code.store(code.builder.fdiv(code.load(y, at, lanes), sums), y, at, lanes),
            )

        each_image(code, arguments.group, images, part_images, image)

    return Generated(
        what=f"softmax.forward {shapes['x']}",
        arrays=("x", "y"),
        phases=(Phase("softmax", parts, ("x",), ("y",), emit, images=images),),
    )
