"""Local layers by register tiles; the formulas are those of kernels/cpu/local.py.

A group is one place with the filters of its own, so that each weight is read once. A tile's rows are images.
Taps outside the picture are left out, never multiplied: how many there are inside is a number of the run.

Forward. Columns are filters, steps the taps inside the picture, of which a row is one run.

Gradient of pictures. A group is a pixel. The filters of the windows that see it are transposed into scratch
memory; each is there once a step. Columns are channels, steps the filters of these windows.

Gradient of filters. Rows are the taps of one row with their channels, columns filters, steps the images.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import I64, Code, Number, Value, spans
from kernels.cpu.vector.local_places import Here, Layer, by_items
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, tile_rows, whole
from kernels.cpu.vector.transpose import Rows, transpose_memory

_TILES = 4
"""Register tiles that one gathering of taps should serve."""


def forward(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
) -> Generated | None:
    """Return the kernel that writes the maps y."""
    if groups != 1 or "biases" not in shapes:
        return None
    layer = Layer(shapes["x"], shapes["y"], size, stride, padding)
    windows = layer.windows

    def place(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
        biases = code.times(layer.place(code, down.item, across.item), layer.filters)
        weights = layer.weights(code, (down.item, across.item), (down.partner, across.partner))

        def block(first: Number, count: int) -> None:
            multiply_rows(
                code,
                layer.images,
                count,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    runs=None,
                    depth=None,
                    a_run=layer.width * layer.channels,
                    a_step=1,
                    a_row=layer.picture,
                    b_run=layer.tap_row,
                    b_step=layer.filters,
                    c_row=layer.maps,
                    start="bias",
                ),
                lambda image: Operands(
                    a=code.at(
                        arguments["x"],
                        code.plus(
                            layer.pixel(code, down.partner, across.partner), code.times(image, layer.picture)
                        ),
                    ),
                    b=code.at(arguments["weights"], code.plus(first, weights)),
                    c=code.at(arguments["y"], code.plus(biases, first, code.times(image, layer.maps))),
                    bias=code.at(arguments["biases"], code.plus(biases, first)),
                    depth=code.times(across.partners, layer.channels),
                    runs=down.partners,
                ),
            )

        code.each(column_blocks(target, layer.filters), block)

    return Generated(
        what=f"local.forward {layer}",
        arrays=("x", "weights", "biases", "y"),
        phases=(by_items(windows, ("x", "weights", "biases"), ("y",), place),),
        tables=windows,
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
    layer = Layer(shapes["dx"], shapes["dy"], size, stride, padding)
    seers = layer.seers
    most_down, most_across = (int(table[:, 1].max()) for table in seers.values())
    width = whole(target, layer.channels)
    window_filters = layer.filters * width

    def pixel(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
        def turn(row: Number, column: Number) -> None:
            window = code.plus(down.partner, row), code.plus(across.partner, column)
            at = layer.weights(code, window, (down.item, across.item))
            number = code.plus(code.times(row, most_across), column)
            transpose_memory(
                code,
                code.at(arguments["weights"], at),
                code.at(arguments.scratch, code.times(number, window_filters)),
                Rows(layer.channels, layer.filters, layer.filters, width),
            )

        code.loop(down.partners, lambda row: code.loop(across.partners, partial(turn, row)))
        dy = code.times(layer.place(code, down.partner, across.partner), layer.filters)
        dx = layer.pixel(code, down.item, across.item)

        def block(first: Number, count: int) -> None:
            multiply_rows(
                code,
                layer.images,
                count,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    runs=None,
                    depth=None,
                    a_run=layer.columns * layer.filters,
                    a_step=1,
                    a_row=layer.maps,
                    b_run=most_across * window_filters,
                    b_step=width,
                    c_row=layer.picture,
                    start="load" if accumulate else "zero",
                    padded=True,
                ),
                lambda image: Operands(
                    a=code.at(arguments["dy"], code.plus(dy, code.times(image, layer.maps))),
                    b=code.at(arguments.scratch, first),
                    c=code.at(arguments["dx"], code.plus(dx, first, code.times(image, layer.picture))),
                    depth=code.times(across.partners, layer.filters),
                    runs=down.partners,
                ),
            )

        code.each(column_blocks(target, layer.channels), block)

    return Generated(
        what=f"local.backward_data {layer} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(by_items(seers, ("dy", "weights"), ("dx",), pixel),),
        tables=seers,
        scratch=most_down * most_across * window_filters,
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
    layer = Layer(shapes["x"], shapes["dy"], size, stride, padding)
    windows = layer.windows

    def place(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
        # A row's taps are rows of tiles, which need to know how many they are.
        for partners in sorted(set(windows["across"][:, 1].tolist())):
            with code.builder.if_then(code.builder.icmp_signed("==", across.partners, I64(partners))):
                here = replace(across, partners=partners)
                _write_gradient(code, arguments, layer, (down, here), accumulate=accumulate)

    return Generated(
        what=f"local.backward_weights {layer} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(by_items(windows, ("x", "dy"), ("dweights",), place),),
        tables=windows,
        scratch=layer.images * (layer.filters + _taps_at_once(target, layer)),
    )


def _write_gradient(
    code: Code, arguments: Arguments, layer: Layer, here: tuple[Here, Here], *, accumulate: bool
) -> None:
    """Write the gradient of the filters of one place, all its taps, or add it.

    Images are so far apart that they would crowd few sets of the nearest cache. So the place's gradients are
    gathered in the scratch memory first, and each block of taps before it is multiplied.
    """
    down, across = here
    place = layer.place(code, down.item, across.item)
    if not accumulate:
        of_place = code.at(arguments["dweights"], code.times(place, layer.weights_of_place))
        code.clear(of_place, layer.weights_of_place)
    taps_inside = layer.weights(code, (down.item, across.item), (down.partner, across.partner))
    gradient = code.at(arguments["dweights"], taps_inside)
    maps = code.times(place, layer.filters)
    target = code.unit.target
    dy, x = arguments.scratch, code.at(arguments.scratch, layer.images * layer.filters)
    _gather(code, layer.images, (code.at(arguments["dy"], maps), layer.maps), dy, layer.filters)
    columns = column_blocks(target, layer.filters)

    def row_of_taps(row: Number) -> None:
        pixel = layer.pixel(code, code.plus(down.partner, row), across.partner)
        taps = code.at(gradient, code.times(row, layer.tap_row))

        def some(first_row: Number, count: int) -> None:
            source = code.at(arguments["x"], code.plus(pixel, first_row))
            _gather(code, layer.images, (source, layer.picture), x, count)

            def block(first: Number, size: int) -> None:
                multiply_rows(
                    code,
                    count,
                    size,
                    lambda tile_rows, tile_columns: Tile(
                        rows=tile_rows,
                        columns=tile_columns,
                        depth=layer.images,
                        a_step=count,
                        a_row=1,
                        b_step=layer.filters,
                        c_row=layer.filters,
                        start="load" if accumulate else "zero",
                    ),
                    lambda tap: Operands(
                        a=code.at(x, tap),
                        b=code.at(dy, first),
                        c=code.at(
                            taps, code.plus(first, code.times(code.plus(first_row, tap), layer.filters))
                        ),
                    ),
                )

            code.each(columns, block)

        code.each(spans(across.partners * layer.channels, _taps_at_once(target, layer)), some)

    code.loop(down.partners, row_of_taps)


def _taps_at_once(target: Target, layer: Layer) -> int:
    """Return how many taps with their channels are gathered at a time: those of some tiles."""
    return _TILES * tile_rows(target, column_blocks(target, layer.filters)[0].size)


def _gather(code: Code, images: int, source: tuple[Value, int], to: Value, count: int) -> None:
    """Copy ``count`` elements of each image side by side.

    ``source`` is where those of the first are, and how far apart those of the next.
    """
    start, apart = source
    code.loop(
        images,
        lambda image: code.copy(
            code.at(start, code.times(image, apart)), code.at(to, code.times(image, count)), count
        ),
    )
