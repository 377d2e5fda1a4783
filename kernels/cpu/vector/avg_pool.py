"""Average pooling; the formulas are those of kernels/cpu/avg_pool.py."""

from __future__ import annotations

from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.pooling import Item, Pooling, over_pixels, over_windows
from kernels.cpu.vector.target import Target


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    start: Pair,
    total: bool = False,
) -> Generated:
    """Return the kernel that writes the means, or sums, y."""

    def window(code: Code, arguments: Arguments, item: Item, channel: Number, lanes: int) -> None:
        x = code.at(arguments["x"], channel)
        value = code.zero
        for pixel in item.partners:
            value = code.builder.fadd(value, code.load(x, pixel, lanes))
        if not total:
            value = code.builder.fmul(value, code.constant(1 / len(item.partners)))
        code.store(value, code.at(arguments["y"], channel), item.at, lanes)

    pooling = Pooling(shapes["x"], shapes["y"], size, stride, start)
    return Generated(
        what=f"avg_pool.forward {pooling} {total}",
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
    total: bool = False,
    accumulate: bool = False,
) -> Generated:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""

    def pixel(code: Code, arguments: Arguments, item: Item, channel: Number, lanes: int) -> None:
        dx = code.at(arguments["dx"], channel)
        gradient = code.load(dx, item.at, lanes) if accumulate else code.zero
        seen = product(item.rows.detail, item.columns.detail)
        for window, (rows, columns) in zip(item.partners, seen, strict=True):
            dy = code.load(code.at(arguments["dy"], channel), window, lanes)
            share = 1 if total else 1 / (rows * columns)
            gradient = code.fma(dy, code.constant(share), gradient)
        code.store(gradient, dx, item.at, lanes)

    pooling = Pooling(shapes["dx"], shapes["dy"], size, stride, start)
    return Generated(
        what=f"avg_pool.backward {pooling} {total} {accumulate}",
        arrays=("dy", "dx"),
        phases=(over_pixels(pooling, ("dy",), ("dx",), pixel, shares=True),),
    )
