"""A convolution with a stride as one with stride 1: squares of s × s pixels become pixels of s·s·C channels.

    picture, stride 2                  deep picture              taps, 3 × 3      deep taps, 2 × 2
    ┌────┬────┬────┬────┐              ┌─────────┬─────────┐     ┌───┬───┬───┐    ┌─────────┬───────┐
    │ a  │ b  │ e  │ f  │              │ a b c d │ e f g h │     │ p │ q │ t │    │ p q r s │ t·u·  │
    ├────┼────┼────┼────┤     ──▶      └─────────┴─────────┘     ├───┼───┼───┤    ├─────────┼───────┤
    │ c  │ d  │ g  │ h  │                                        │ r │ s │ u │    │ v w · · │ x···  │
    └────┴────┴────┴────┘                                        ├───┼───┼───┤    └─────────┴───────┘
                                                                 │ v │ w │ x │    · is zero
                                                                 └───┴───┴───┘
So fast convolution serves first layers with large filters and a stride. The deep picture is never an array of
the plan: each picture is rearranged in a thread's scratch memory, where it would have been given its border.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector import winograd
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.winograd_layout import Layout, fewest_products

_FEW_CHANNELS = 8
_DEEP = "deep"


def wins(weights: Shape, maps: Shape, stride: Pair) -> bool:
    """Whether this is the quickest way: few channels, the same stride down and across, large filters."""
    filters, height, width, channels = weights
    square = height == width and stride[0] == stride[1] > 1
    deep = (filters, *_deep_taps(weights, stride), channels * stride[0] * stride[1])
    return square and channels <= _FEW_CHANNELS and winograd.wins(deep, maps, (1, 1))


def forward(shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair) -> Generated:
    """Return the kernel that writes the maps y."""
    layout, deep = _deepened(shapes, "weights", target, stride, padding)
    base = winograd.forward(shapes | {"weights": deep}, target, (0, 0), layout)
    return replace(
        base,
        what=f"deep {base.what} {shapes} {stride} {padding}",
        phases=(_deepen(shapes["weights"], deep, stride[0]), *_renamed(base.phases, "weights")),
        workspace={**base.workspace, _DEEP: deep},
    )


def backward_weights(
    shapes: dict[str, Shape], target: Target, stride: Pair, padding: Pair, *, accumulate: bool
) -> Generated:
    """Return the kernel that writes the gradient of the filters, or adds it to dweights."""
    layout, deep = _deepened(shapes, "dweights", target, stride, padding)
    base = winograd.backward_weights(
        shapes | {"dweights": deep}, target, (0, 0), accumulate=False, layout=layout
    )
    flatten = _flatten(shapes["dweights"], deep, stride[0], accumulate=accumulate)
    return replace(
        base,
        what=f"deep {base.what} {shapes} {stride} {padding} {accumulate}",
        phases=(*_renamed(base.phases, "dweights"), flatten),
        workspace={**base.workspace, _DEEP: deep},
    )


@dataclass(frozen=True)
class _DeepWindows:
    """Copies of pictures (H, W, C) with squares of ``stride`` pixels side by side; has what Windows has."""

    picture: Shape
    stride: int
    before: Pair
    seen: Pair
    """Rows and columns of squares that some tile sees."""

    @property
    def depth(self) -> int:
        """Elements of a square."""
        return self.stride * self.line

    @property
    def line(self) -> int:
        """Elements of a row of pixels of a square."""
        return self.stride * self.picture[2]

    @property
    def row(self) -> int:
        """Elements from one row of squares to the next."""
        return self.seen[1] * self.depth

    @property
    def copied(self) -> int:
        """Elements of the copy."""
        return self.seen[0] * self.row

    def clear_border(self, code: Code, scratch: Value) -> None:
        """Write zeros to all of the copy, once before pictures are copied."""
        code.clear(scratch, self.copied)

    def open(self, code: Code, picture: Value, scratch: Value) -> Value:
        """Copy a picture, and return where tiles can be read from."""
        height, width, channels = self.picture
        rows = min(height, self.seen[0] * self.stride - self.before[0])
        columns = min(width, self.seen[1] * self.stride - self.before[1])
        square, within = divmod(self.before[1], self.stride)
        first = min(columns, self.stride - within) if within else 0
        squares, rest = divmod(columns - first, self.stride)

        def row(number: Number) -> None:
            down, line = code.divided(code.value(code.plus(number, self.before[0])), self.stride)
            source = code.at(picture, code.times(number, width * channels))
            to = code.at(scratch, code.plus(code.times(down, self.row), code.times(line, self.line)))

            def copy(pixel: Number, place: Number, offset: int, pixels: int) -> None:
                at = code.plus(code.times(place, self.depth), offset * channels)
                code.copy(code.at(source, code.times(pixel, channels)), code.at(to, at), pixels * channels)

            if first:
                copy(0, square, within, first)
            whole = square + (1 if first else 0)
            code.loop(
                squares,
                lambda index: copy(
                    code.plus(first, code.times(index, self.stride)), code.plus(whole, index), 0, self.stride
                ),
            )
            if rest:
                copy(first + squares * self.stride, whole + squares, 0, rest)

        code.loop(rows, row)
        return scratch


@dataclass(frozen=True)
class _DeepLayout(Layout):
    """A layout whose pictures are deep ones, made from pictures as they are."""

    flat: Shape = ()
    stride: int = 1
    before: Pair = (0, 0)

    @property
    def picture(self) -> int:
        """Elements of a picture as it is."""
        return self.flat[0] * self.flat[1] * self.flat[2]

    @property
    def windows(self) -> _DeepWindows:  # type: ignore[override]
        """What copies pictures."""
        return _DeepWindows(self.flat, self.stride, self.before, (self.pictures[1], self.pictures[2]))


def _deepened(
    shapes: dict[str, Shape], weights: str, target: Target, stride: Pair, padding: Pair
) -> tuple[Layout, Shape]:
    """Return where the numbers lie, and the shape of the deep filters."""
    filters, *_, channels = shapes[weights]
    maps = shapes["y" if "y" in shapes else "dy"]
    taps = _deep_taps(shapes[weights], stride)
    depth = channels * stride[0] * stride[1]
    results = fewest_products(maps, taps[0])
    rows, columns = (-(-places // results) * results + taps[0] - 1 for places in maps[1:3])
    layout = _DeepLayout(
        target,
        (shapes["x"][0], rows, columns, depth),
        maps,
        taps[0],
        (0, 0),
        summed=weights == "dweights",
        flat=shapes["x"][1:],
        stride=stride[0],
        before=padding,
    )
    return layout, (filters, *taps, depth)


def _deep_taps(weights: Shape, stride: Pair) -> Pair:
    return -(-weights[1] // stride[0]), -(-weights[2] // stride[1])


def _renamed(phases: tuple[Phase, ...], name: str) -> tuple[Phase, ...]:
    """Return phases that take the deep filters for the array ``name``."""

    def rename(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_DEEP if own == name else own for own in names)

    def renamed(phase: Phase) -> Phase:
        def emit(code: Code, arguments: Arguments) -> None:
            arrays: Mapping[str, Value] = dict(arguments.arrays)
            if _DEEP in arrays:
                arrays = {**arrays, name: arrays[_DEEP]}
            phase.emit(code, Arguments(arrays, arguments.group, arguments.scratch))

        return replace(phase, reads=rename(phase.reads), writes=rename(phase.writes), emit=emit)

    return tuple(map(renamed, phases))


def _deepen(weights: Shape, deep: Shape, stride: int) -> Phase:
    """Return the phase that writes the deep filters, zeros where there are no taps."""

    def emit(code: Code, arguments: Arguments) -> None:
        flat = code.at(arguments["weights"], code.times(arguments.group, elements(weights)))
        filter_ = code.at(arguments[_DEEP], code.times(arguments.group, elements(deep)))
        code.clear(filter_, elements(deep))
        for at, to, count in _runs(weights, deep, stride):
            code.copy(code.at(flat, at), code.at(filter_, to), count)

    return Phase("deepen", weights[0], ("weights",), (_DEEP,), emit, early=True)


def _flatten(weights: Shape, deep: Shape, stride: int, *, accumulate: bool) -> Phase:
    """Return the phase that writes the gradient of the taps that there are, or adds it."""

    def emit(code: Code, arguments: Arguments) -> None:
        filter_ = code.at(arguments[_DEEP], code.times(arguments.group, elements(deep)))
        flat = code.at(arguments["dweights"], code.times(arguments.group, elements(weights)))
        for to, at, count in _runs(weights, deep, stride):
            source, result = code.at(filter_, at), code.at(flat, to)

            def vector(k: Number, lanes: int, source: Value = source, result: Value = result) -> None:
                value = code.load(source, k, lanes)
                if accumulate:
                    value = code.builder.fadd(value, code.load(result, k, lanes))
                code.store(value, result, k, lanes)

            code.vectors(count, vector)

    return Phase("flatten", weights[0], (_DEEP,), ("dweights",), emit)


def _runs(weights: Shape, deep: Shape, stride: int) -> Iterator[tuple[int, int, int]]:
    """Yield where taps that lie side by side begin in a filter, and in a deep one, and their elements."""
    _, height, width, channels = weights
    for i, first in product(range(height), range(0, width, stride)):
        square = i // stride * deep[2] + first // stride
        at = square * deep[3] + i % stride * stride * channels
        yield (i * width + first) * channels, at, min(stride, width - first) * channels
