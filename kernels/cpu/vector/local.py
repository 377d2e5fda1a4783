"""Local layers by register tiles; the formulas are those of kernels/cpu/local.py.

A group is one place with the filters of its own, so that each weight is read once. A tile's rows are images.
Taps outside the picture are left out, never multiplied.

Forward. Columns are filters, steps the taps inside the picture, of which a row is one run.

Gradient of pictures. A group is a pixel. The filters of the windows that see it are transposed into scratch
memory; each is there once a step. Columns are channels, steps the filters of these windows.

Gradient of filters. Rows are the taps of one row with their channels, columns filters, steps the images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import I64, Code, Number
from kernels.cpu.vector.overlap import Axis, Stretch
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, whole
from kernels.cpu.vector.transpose import Rows, transpose_memory


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    neuron: str = "",
) -> Generated | None:
    """Return the kernel that writes the maps y, through a ReLU if ``neuron`` is "relu"."""
    if groups != 1 or neuron not in {"", "relu"} or "biases" not in shapes:
        return None
    layer = _Layer(shapes["x"], shapes["y"], size, stride, padding)

    def place(code: Code, arguments: Arguments, down: _Here, across: _Here) -> None:
        biases = code.times(layer.place(code, down.item, across.item), layer.filters)

        def block(first: Number, count: int) -> None:
            multiply_rows(
                code,
                layer.images,
                count,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    runs=down.stretch.partners,
                    depth=across.stretch.partners * layer.channels,
                    a_run=layer.width * layer.channels,
                    a_step=1,
                    a_row=layer.picture,
                    b_run=layer.tap_row,
                    b_step=layer.filters,
                    c_row=layer.maps,
                    start="bias",
                    relu=neuron == "relu",
                ),
                lambda image: Operands(
                    a=code.at(
                        arguments["x"],
                        code.plus(
                            layer.pixel(code, down.partner, across.partner), code.times(image, layer.picture)
                        ),
                    ),
                    b=code.at(arguments["weights"], code.plus(first, layer.weights(code, down, across))),
                    c=code.at(arguments["y"], code.plus(biases, first, code.times(image, layer.maps))),
                    bias=code.at(arguments["biases"], code.plus(biases, first)),
                ),
            )

        code.each(column_blocks(target, layer.filters), block)

    rows, columns = layer.axes()
    return Generated(
        what=f"local.forward {layer} {neuron}",
        arrays=("x", "weights", "biases", "y"),
        phases=(_by_places(rows.windows(), columns.windows(), (("x", "weights", "biases"), ("y",)), place),),
    )


def backward_data(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    accumulate: bool = False,
) -> Generated | None:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""
    if groups != 1:
        return None
    layer = _Layer(shapes["dx"], shapes["dy"], size, stride, padding)

    def pixel(code: Code, arguments: Arguments, down: _Here, across: _Here) -> None:
        width = whole(target, layer.channels)
        windows = list(product(range(down.stretch.partners), range(across.stretch.partners)))
        for number, (row, column) in enumerate(windows):
            at = layer.weights_of_tap(code, down, across, row, column)
            source = code.at(arguments["weights"], at)
            filters = code.at(arguments.scratch, number * layer.filters * width)
            transpose_memory(code, source, filters, Rows(layer.channels, layer.filters, layer.filters, width))
        dy = code.times(layer.place(code, down.partner, across.partner), layer.filters)
        dx = layer.pixel(code, down.item, across.item)
        run = across.stretch.partners * layer.filters

        def block(first: Number, count: int) -> None:
            multiply_rows(
                code,
                layer.images,
                count,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    runs=down.stretch.partners,
                    depth=run,
                    a_run=layer.columns * layer.filters,
                    a_step=1,
                    a_row=layer.maps,
                    b_run=run * width,
                    b_step=width,
                    c_row=layer.picture,
                    start="load" if accumulate else "zero",
                    padded=True,
                ),
                lambda image: Operands(
                    a=code.at(arguments["dy"], code.plus(dy, code.times(image, layer.maps))),
                    b=code.at(arguments.scratch, first),
                    c=code.at(arguments["dx"], code.plus(dx, first, code.times(image, layer.picture))),
                ),
            )

        code.each(column_blocks(target, layer.channels), block)

    rows, columns = layer.axes()
    down, across = rows.pixels(), columns.pixels()
    most = max(stretch.partners for stretch in down) * max(stretch.partners for stretch in across)
    return Generated(
        what=f"local.backward_data {layer} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(_by_places(down, across, (("dy", "weights"), ("dx",)), pixel),),
        scratch=most * layer.filters * whole(target, layer.channels),
    )


def backward_weights(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    accumulate: bool = False,
) -> Generated | None:
    """Return the kernel that writes the gradient of the filters, or adds it to dweights."""
    if groups != 1:
        return None
    layer = _Layer(shapes["x"], shapes["dy"], size, stride, padding)

    def place(code: Code, arguments: Arguments, down: _Here, across: _Here) -> None:
        number = layer.place(code, down.item, across.item)
        if not accumulate:
            taps = code.at(arguments["dweights"], code.times(number, size[0] * layer.tap_row))
            code.clear(taps, size[0] * layer.tap_row)
        for row in range(down.stretch.partners):
            x = layer.pixel(code, code.plus(down.partner, row), across.partner)
            weights = code.plus(layer.weights(code, down, across), row * layer.tap_row)

            def block(first: Number, count: int, x: Number = x, weights: Number = weights) -> None:
                multiply_rows(
                    code,
                    across.stretch.partners * layer.channels,
                    count,
                    lambda tile_rows, tile_columns: Tile(
                        rows=tile_rows,
                        columns=tile_columns,
                        depth=layer.images,
                        a_step=layer.picture,
                        a_row=1,
                        b_step=layer.maps,
                        c_row=layer.filters,
                        start="load" if accumulate else "zero",
                    ),
                    lambda tap: Operands(
                        a=code.at(arguments["x"], code.plus(x, tap)),
                        b=code.at(arguments["dy"], code.plus(first, code.times(number, layer.filters))),
                        c=code.at(
                            arguments["dweights"], code.plus(weights, first, code.times(tap, layer.filters))
                        ),
                    ),
                )

            code.each(column_blocks(target, layer.filters), block)

    rows, columns = layer.axes()
    return Generated(
        what=f"local.backward_weights {layer} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(_by_places(rows.windows(), columns.windows(), (("x", "dy"), ("dweights",)), place),),
    )


@dataclass(frozen=True)
class _Here:
    """An item along one axis, its first partner, and the stretch that it belongs to."""

    item: Number
    partner: Number
    stretch: Stretch


@dataclass(frozen=True)
class _Layer:
    """Offsets into the arrays of a local layer: pictures (N, H, W, C) and maps (N, P, Q, F)."""

    pictures: Shape
    made: Shape
    size: Pair
    stride: Pair
    padding: Pair

    @property
    def images(self) -> int:
        return self.pictures[0]

    @property
    def width(self) -> int:
        return self.pictures[2]

    @property
    def channels(self) -> int:
        return self.pictures[3]

    @property
    def columns(self) -> int:
        return self.made[2]

    @property
    def filters(self) -> int:
        return self.made[3]

    @property
    def picture(self) -> int:
        """Elements of one picture."""
        return elements(self.pictures)

    @property
    def maps(self) -> int:
        """Elements of the maps of one picture."""
        return elements(self.made)

    @property
    def tap_row(self) -> int:
        """Elements of the weights of one row of a place's taps."""
        return self.size[1] * self.channels * self.filters

    def axes(self) -> tuple[Axis, Axis]:
        """Return the windows along the height and along the width."""
        rows, columns = (
            Axis(self.pictures[1 + i], self.made[1 + i], self.size[i], self.stride[i], -self.padding[i])
            for i in range(2)
        )
        return rows, columns

    def pixel(self, code: Code, row: Number, column: Number) -> Number:
        """Return the offset of a pixel of the first picture."""
        return code.times(code.plus(code.times(row, self.width), column), self.channels)

    def place(self, code: Code, row: Number, column: Number) -> Number:
        """Return the number of a place."""
        return code.plus(code.times(row, self.columns), column)

    def weights(self, code: Code, down: _Here, across: _Here) -> Number:
        """Return the offset of a place's weights, from the first tap inside the picture on."""
        first = down.stretch.detail[0] * self.size[1] + across.stretch.detail[0]
        tap = code.plus(
            code.times(self.place(code, down.item, across.item), self.size[0] * self.size[1]), first
        )
        return code.times(tap, self.channels * self.filters)

    def weights_of_tap(self, code: Code, down: _Here, across: _Here, row: int, column: int) -> Number:
        """Return the offset of the weights by which a pixel is seen from its window (row, column)."""
        place = self.place(code, code.plus(down.partner, row), code.plus(across.partner, column))
        i, j = (
            here.stretch.first - (here.stretch.partner + number) * stride + padding
            for here, number, stride, padding in zip(
                (down, across), (row, column), self.stride, self.padding, strict=True
            )
        )
        tap = code.plus(code.times(place, self.size[0] * self.size[1]), i * self.size[1] + j)
        return code.times(tap, self.channels * self.filters)


def _by_places(
    rows: list[Stretch],
    columns: list[Stretch],
    touched: tuple[tuple[str, ...], tuple[str, ...]],
    body: Callable[[Code, Arguments, _Here, _Here], None],
) -> Phase:
    """Return the phase with a group for each item of two axes: ``body(code, arguments, down, across)``."""
    width = sum(stretch.count for stretch in columns)
    numbers_down = _starts(rows)
    numbers_across = _starts(columns)

    def emit(code: Code, arguments: Arguments) -> None:
        row, column = code.divided(arguments.group, width)
        for down, across in product(
            zip(rows, numbers_down, strict=True), zip(columns, numbers_across, strict=True)
        ):
            with code.builder.if_then(
                code.builder.and_(_among(code, row, *down), _among(code, column, *across))
            ):
                body(code, arguments, _here(code, row, *down), _here(code, column, *across))

    return Phase("places", width * sum(stretch.count for stretch in rows), *touched, emit)


def _starts(stretches: list[Stretch]) -> list[int]:
    """Return the number of the first item of each stretch, counting through all of them."""
    return [sum(stretch.count for stretch in stretches[:index]) for index in range(len(stretches))]


def _among(code: Code, number: Number, stretch: Stretch, first: int) -> Number:
    """Return whether an item is one of a stretch whose first item has the number ``first``."""
    at_least = code.builder.icmp_signed(">=", code.value(number), I64(first))
    below = code.builder.icmp_signed("<", code.value(number), I64(first + stretch.count))
    return code.builder.and_(at_least, below)


def _here(code: Code, number: Number, stretch: Stretch, first: int) -> _Here:
    index = code.plus(number, -first)
    return _Here(
        item=code.plus(stretch.first, code.times(index, stretch.step)),
        partner=code.plus(stretch.partner, code.times(index, stretch.partner_step)),
        stretch=stretch,
    )
