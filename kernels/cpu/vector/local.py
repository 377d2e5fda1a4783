"""Local layers by register tiles; the formulas are those of kernels/cpu/local.py.

A group is one place with the filters of its own, so that each weight is read once. A tile's rows are images.
Taps outside the picture are left out, never multiplied.

Forward. Columns are filters, steps the taps inside the picture, of which a row is one run.

Gradient of pictures. A group is a pixel. The filters of the windows that see it are transposed into scratch
memory; each is there once a step. Columns are channels, steps the filters of these windows.

Gradient of filters. Rows are the taps of one row with their channels, columns filters, steps the images.
"""

from __future__ import annotations

from itertools import product

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.local_places import Here, Layer, by_items, by_windows
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

    def place(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
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

    return Generated(
        what=f"local.forward {layer}",
        arrays=("x", "weights", "biases", "y"),
        phases=(by_windows(layer, ("x", "weights", "biases"), ("y",), place),),
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

    def pixel(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
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
        phases=(by_items(down, across, (("dy", "weights"), ("dx",)), pixel),),
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
    layer = Layer(shapes["x"], shapes["dy"], size, stride, padding)

    def place(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
        _write_gradient(code, arguments, layer, (down, across), accumulate=accumulate)

    return Generated(
        what=f"local.backward_weights {layer} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(by_windows(layer, ("x", "dy"), ("dweights",), place),),
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
    gradient = code.at(arguments["dweights"], code.times(place, layer.weights_of_place))
    if not accumulate:
        code.clear(gradient, layer.weights_of_place)
    first_tap = down.stretch.detail[0] * layer.size[1] + across.stretch.detail[0]
    maps = code.times(place, layer.filters)
    target = code.unit.target
    dy, x = arguments.scratch, code.at(arguments.scratch, layer.images * layer.filters)
    _gather(code, layer.images, (code.at(arguments["dy"], maps), layer.maps), dy, layer.filters)
    columns = column_blocks(target, layer.filters)

    def row_of_taps(row: Number) -> None:
        pixel = layer.pixel(code, code.plus(down.partner, row), across.partner)
        taps = code.plus(first_tap * layer.channels * layer.filters, code.times(row, layer.tap_row))

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
                            gradient,
                            code.plus(taps, first, code.times(code.plus(first_row, tap), layer.filters)),
                        ),
                    ),
                )

            code.each(columns, block)

        code.each(spans(across.stretch.partners * layer.channels, _taps_at_once(target, layer)), some)

    code.loop(down.stretch.partners, row_of_taps)


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
