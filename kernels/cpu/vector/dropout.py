"""Dropout; formulas and masks are those of kernels/cpu/dropout.py, bit by bit.

The masks of a picture are drawn into a thread's scratch memory first, as whole vectors of Philox's blocks.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from kernels import control
from kernels.arrays import Shape
from kernels.cpu.dropout import UNITS_IN_BLOCK
from kernels.cpu.vector.flat import by_images
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import F32, I8, I32, I64, ITEM, Code, Number, Value
from kernels.cpu.vector.philox import Draw, draw
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.target import Target


def forward(
    shapes: dict[str, Shape], target: Target, *, keep: float, stream: int, scaled: bool = True
) -> Generated:
    """Return the kernel that draws the mask and writes the outputs y."""
    shape = shapes["x"]
    images, units = shape[0], elements(shape)
    groups, group_images = image_groups(images)
    vectors = -(-units // (UNITS_IN_BLOCK * target.lanes))

    def emit(code: Code, arguments: Arguments) -> None:
        first = code.integer(arguments["counters"], control.OFFSET)
        factor = code.constant(1 / keep if scaled else 1.0)

        def image(number: Number) -> None:
            position = code.value(code.plus(first, number))
            _draw(code, draw(code, arguments["counters"], position, stream), vectors, keep, arguments.scratch)
            at = code.times(number, units)

            def vector(unit: Number, lanes: int) -> None:
                here = code.plus(at, unit)
                _copy_bytes(code, (arguments.scratch, unit), (arguments["mask"], here), lanes)
                kept = _kept(code, arguments.scratch, unit, lanes)
                y = code.builder.fmul(code.load(arguments["x"], here, lanes), kept)
                code.store(code.builder.fmul(y, factor), arguments["y"], here, lanes)

            code.vectors(units, vector)

        each_image(code, arguments.group, images, group_images, image)

    return Generated(
        what=f"dropout.forward {shape} {keep} {stream} {scaled}",
        arrays=("x", "counters", "mask", "y"),
        phases=(Phase("images", groups, ("x", "counters"), ("mask", "y"), emit, images=images),),
        scratch=vectors * target.lanes * UNITS_IN_BLOCK // ITEM,
    )


def backward(
    shapes: dict[str, Shape], target: Target, *, keep: float, scaled: bool = True, accumulate: bool = False
) -> Generated:
    """Return the kernel that writes the gradient of the inputs, or adds it to dx."""

    def body(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
        factor = code.constant(1 / keep if scaled else 1.0)

        def vector(at: Number, lanes: int) -> None:
            kept = _kept(code, arguments["mask"], at, lanes)
            gradient = code.builder.fmul(code.load(arguments["dy"], at, lanes), kept)
            gradient = code.builder.fmul(gradient, factor)
            if accumulate:
                gradient = code.builder.fadd(gradient, code.load(arguments["dx"], at, lanes))
            code.store(gradient, arguments["dx"], at, lanes)

        return vector

    runs = by_images(shapes["dy"])
    return Generated(
        what=f"dropout.backward {keep} {scaled} {accumulate}",
        arrays=("mask", "dy", "dx"),
        phases=(runs.phase(("mask", "dy"), ("dx",), body),),
        tables=runs.tables,
    )


def _kept(code: Code, mask: Value, at: Number, lanes: int) -> Value:
    """Return a vector of a mask's bytes as numbers; zeros after the first ``lanes``."""
    b = code.builder
    place = b.gep(mask, [code.value(at)], source_etype=I8)
    if lanes == code.lanes:
        return b.uitofp(b.load(place, typ=ir.VectorType(I8, lanes), align=1), code.vector)
    offsets = (b.gep(place, [code.value(lane)], source_etype=I8) for lane in range(lanes))
    numbers = [b.uitofp(b.load(offset, typ=I8), F32) for offset in offsets]
    return code.vector_of([*numbers, *[None] * (code.lanes - lanes)])


def _draw(code: Code, drawn: Draw, vectors: int, keep: float, mask: Value) -> None:
    """Write the bytes of a picture's mask, in ``vectors`` of blocks."""
    b, limit = code.builder, code.integers(round(keep * 65536))
    bits = ir.VectorType(I32, code.lanes)

    def kept(half: Value, byte: int) -> Value:
        is_kept = b.zext(b.icmp_unsigned("<", half, limit), bits)
        return b.shl(is_kept, code.integers(8 * byte)) if byte else is_kept

    def four(low: Value, high: Value) -> Value:
        """Return the bytes of the units that two words are for, in 64 bits."""
        word = kept(b.and_(low, code.integers(0xFFFF)), 0)
        for byte, half in (
            (1, b.lshr(low, code.integers(16))),
            (2, b.and_(high, code.integers(0xFFFF))),
            (3, b.lshr(high, code.integers(16))),
        ):
            word = b.or_(word, kept(half, byte))
        return b.zext(word, ir.VectorType(I64, code.lanes))

    def some(number: Number) -> None:
        first = code.times(number, code.lanes)
        words = drawn.blocks(first)
        upper = b.shl(four(*words[2:]), code.splat(I64(32)))
        place = b.gep(mask, [code.value(first)], source_etype=I64)
        b.store(b.or_(four(*words[:2]), upper), place, align=1)

    code.loop(vectors, some)


def _copy_bytes(code: Code, source: tuple[Value, Number], target: tuple[Value, Number], lanes: int) -> None:
    """Copy as many bytes as a vector has ``lanes``, each from and to a place of an array."""
    b, kind = code.builder, ir.VectorType(I8, lanes)
    start, end = (b.gep(array, [code.value(at)], source_etype=I8) for array, at in (source, target))
    b.store(b.load(start, typ=kind, align=1), end, align=1)
