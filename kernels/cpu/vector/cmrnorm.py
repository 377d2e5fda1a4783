"""Response normalisation across maps; the formulas are those of kernels/cpu/cmrnorm.py.

The squares of one pixel lie in scratch memory between zeros, so that a sum over neighbouring maps is a sum of
vectors that begin at neighbouring places. A power of −3/4, the usual one, is two square roots and a division.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase, each_image, image_groups
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.target import Target

_POWER = 0.75


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
) -> Generated | None:
    """Return the kernel that writes the responses y and the denominators, for sliding windows."""
    if blocked or power != _POWER:
        return None
    row = _Row(shapes["x"][3], size, target.lanes)

    def pixel(code: Code, arguments: Arguments, at: Number) -> None:
        x, y, denominators = (code.at(arguments[name], at) for name in ("x", "y", "denominators"))

        def square(channel: Number, lanes: int) -> None:
            value = code.load(x, channel, lanes)
            code.store(code.builder.fmul(value, value), row.middle(code, arguments), channel, lanes)

        def respond(channel: Number, lanes: int) -> None:
            total = row.sum(code, arguments, channel, -(size // 2))
            d = code.fma(total, code.constant(scale / size), code.constant(minimum))
            code.store(d, denominators, channel, lanes)
            value = code.builder.fmul(code.load(x, channel, lanes), _power(code, d))
            code.store(value, y, channel, lanes)

        code.vectors(row.channels, square)
        code.vectors(row.channels, respond)

    return Generated(
        what=f"cmrnorm.forward {shapes['x']} {size} {scale} {minimum}",
        arrays=("x", "y", "denominators"),
        phases=_over_pixels(shapes["x"], row, (("x",), ("y", "denominators")), pixel),
        scratch=row.elements,
    )


def backward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
    accumulate: bool = False,
) -> Generated | None:
    """Return the kernel that writes the gradient of the inputs, or adds it to dx, for sliding windows."""
    if blocked or power != _POWER:
        return None
    row = _Row(shapes["x"][3], size, target.lanes)
    factor = -2 * power * scale / size

    def pixel(code: Code, arguments: Arguments, at: Number) -> None:
        b = code.builder
        x, dy, dx, denominators = (code.at(arguments[name], at) for name in ("x", "dy", "dx", "denominators"))

        def direct(channel: Number, lanes: int) -> tuple[Value, Value, Value]:
            d = code.load(denominators, channel, lanes, 1.0)
            return code.load(x, channel, lanes), b.fmul(code.load(dy, channel, lanes), _power(code, d)), d

        def pull(channel: Number, lanes: int) -> None:
            u, of_response, d = direct(channel, lanes)
            pulled = b.fdiv(b.fmul(of_response, u), d)
            code.store(pulled, row.middle(code, arguments), channel, lanes)

        def combine(channel: Number, lanes: int) -> None:
            u, of_response, _ = direct(channel, lanes)
            total = row.sum(code, arguments, channel, size // 2 - size + 1)
            gradient = code.fma(b.fmul(code.constant(factor), u), total, of_response)
            if accumulate:
                gradient = b.fadd(gradient, code.load(dx, channel, lanes))
            code.store(gradient, dx, channel, lanes)

        code.vectors(row.channels, pull)
        code.vectors(row.channels, combine)

    return Generated(
        what=f"cmrnorm.backward {shapes['x']} {size} {scale} {accumulate}",
        arrays=("x", "denominators", "dy", "dx"),
        phases=_over_pixels(shapes["x"], row, (("x", "denominators", "dy"), ("dx",)), pixel),
        scratch=row.elements,
    )


class _Row:
    """Scratch memory for one pixel's ``channels`` between zeros, which a window of ``size`` may reach."""

    def __init__(self, channels: int, size: int, lanes: int) -> None:
        self.channels = channels
        self.size = size
        self.before = -(-size // lanes) * lanes
        self.elements = 2 * self.before + -(-channels // lanes) * lanes

    def middle(self, code: Code, arguments: Arguments) -> Value:
        """Return the address of the first channel."""
        return code.at(arguments.scratch, self.before)

    def sum(self, code: Code, arguments: Arguments, channel: Number, start: int) -> Value:
        """Return the sums over the windows that begin ``start`` channels from each channel of a vector."""
        total = code.zero
        for step in range(self.size):
            at = code.plus(channel, start + step)
            total = code.builder.fadd(total, code.load(self.middle(code, arguments), at))
        return total


def _power(code: Code, d: Value) -> Value:
    """Return d^(−3/4)."""
    root = code.call_unary("sqrt", d)
    return code.builder.fdiv(code.constant(1), code.builder.fmul(root, code.call_unary("sqrt", root)))


def _over_pixels(
    shape: Shape,
    row: _Row,
    touched: tuple[tuple[str, ...], tuple[str, ...]],
    pixel: Callable[[Code, Arguments, Number], None],
) -> tuple[Phase, ...]:
    """Return the phase that does ``pixel(code, arguments, offset)`` for all pixels of a batch."""
    images = shape[0]
    pixels = prod(shape[1:3])
    parts, part_images = image_groups(images)

    def emit(code: Code, arguments: Arguments) -> None:
        code.clear(arguments.scratch, row.elements)
        each_image(
            code,
            arguments.group,
            images,
            part_images,
            lambda image: code.loop(
                pixels,
                lambda at: pixel(
                    code,
                    arguments,
                    code.times(code.plus(code.times(image, pixels), at), row.channels),
                ),
            ),
        )

    return (Phase("pixels", parts, *touched, emit, images=images),)
