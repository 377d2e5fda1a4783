"""The gradient of softmax and cross entropy; its formula is that of kernels/cpu/softmax_cross_entropy.py."""

from __future__ import annotations

from kernels import control
from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import F32, I32, Code, Number
from kernels.cpu.vector.target import Target


def backward(
    shapes: dict[str, Shape], target: Target, *, coefficient: float, accumulate: bool = False
) -> Generated:
    """Return the kernel that writes the gradient of the softmax's inputs, or adds it to dx."""
    images, classes = shapes["probabilities"]
    parts, part_images = image_groups(images)

    def emit(code: Code, arguments: Arguments) -> None:
        b = code.builder
        valid = code.integer(arguments["counters"], control.VALID)
        share = b.fdiv(F32(coefficient), b.sitofp(valid, F32))

        def image(number: Number) -> None:
            inside = b.icmp_signed("<", code.value(number), valid)
            # Rows that are padding get a share of 0; their probabilities are of something finite.
            scalar = b.select(inside, share, F32(0.0))
            lanes_share = code.splat(scalar)
            p = code.at(arguments["probabilities"], code.times(number, classes))
            dx = code.at(arguments["dx"], code.times(number, classes))

            def vector(at: Number, lanes: int) -> None:
                gradient = b.fmul(lanes_share, code.load(p, at, lanes))
                gradient = b.select(inside, gradient, code.zero)
                if accumulate:
                    gradient = b.fadd(gradient, code.load(dx, at, lanes))
                code.store(gradient, dx, at, lanes)

            code.vectors(classes, vector)
            with b.if_then(inside):
                label = code.integer(arguments["labels"], number, I32)
                code.store_scalar(b.fsub(code.scalar(dx, label), scalar), dx, label)

        each_image(code, arguments.group, images, part_images, image)

    return Generated(
        what=f"softmax_cross_entropy.backward {shapes['probabilities']} {coefficient} {accumulate}",
        arrays=("probabilities", "labels", "counters", "dx"),
        phases=(
            Phase("gradient", parts, ("probabilities", "labels", "counters"), ("dx",), emit, images=images),
        ),
    )
