"""Max pooling; the formulas are those of kernels/cpu/max_pool.py: tied pixels all get the gradient."""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.pooling import Item, Pooling, over_pixels, over_windows
from kernels.cpu.vector.target import Target


def forward(shapes: dict[str, Shape], target: Target, *, size: Pair, stride: Pair, start: Pair) -> Generated:
    """Return the kernel that writes the maxima y."""

    def window(code: Code, arguments: Arguments, item: Item, channel: Number, lanes: int) -> None:
        x = code.at(arguments["x"], channel)
        largest = code.constant(float("-inf"))
        for pixel in item.partners:
            largest = code.maximum(largest, code.load(x, pixel, lanes))
        code.store(largest, code.at(arguments["y"], channel), item.at, lanes)

    pooling = Pooling(shapes["x"], shapes["y"], size, stride, start)
    return Generated(
        what=f"max_pool.forward {pooling}",
        arrays=("x", "y"),
        phases=(over_windows(pooling, ("x",), ("y",), window),),
    )


def backward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    start: Pair,
    accumulate: bool = False,
) -> Generated:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""

    def pixel(code: Code, arguments: Arguments, item: Item, channel: Number, lanes: int) -> None:
        dx = code.at(arguments["dx"], channel)
        x = code.load(code.at(arguments["x"], channel), item.at, lanes)
        gradient = code.load(dx, item.at, lanes) if accumulate else code.zero
        for window in item.partners:
            y = code.load(code.at(arguments["y"], channel), window, lanes)
            dy = code.load(code.at(arguments["dy"], channel), window, lanes)
            largest = code.builder.fcmp_ordered("==", x, y)
            gradient = code.builder.fadd(gradient, code.builder.select(largest, dy, code.zero))
        code.store(gradient, dx, item.at, lanes)

    pooling = Pooling(shapes["x"], shapes["y"], size, stride, start)
    return Generated(
        what=f"max_pool.backward {pooling} {accumulate}",
        arrays=("x", "y", "dy", "dx"),
        phases=(over_pixels(pooling, ("x", "y", "dy"), ("dx",), pixel),),
    )
