"""Gradient of dropout; the formula is that of kernels/cpu/dropout.py."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from kernels.arrays import Shape
from kernels.cpu.vector.flat import by_images
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import F32, I8, Code, Number, Value
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.target import Target


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

    shape = shapes["dy"]
    phase = by_images(shape[0], elements(shape), ("mask", "dy"), ("dx",), body=body)
    return Generated(
        what=f"dropout.backward {shape} {keep} {scaled} {accumulate}",
        arrays=("mask", "dy", "dx"),
        phases=(phase,),
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
