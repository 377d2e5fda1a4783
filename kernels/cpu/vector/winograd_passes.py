"""The steps of a fast convolution, for some images at a time in a thread's scratch memory.

    a tile of a picture ──Bᵀ d B──▶ one row of V at each of n² points            transform_pictures
    taps of a filter    ──G g Gᵀ──▶ one number of U at each point                store_filters
    at each point       V · U ──▶ M, by register tiles                           multiply
    one row of M at each point ──Aᵀ M A──▶ a tile of the maps                    write_maps

and for the gradient of filters

    a tile of dY        ──A dY Aᵀ──▶ one row of D, in the place of M             transform_gradients
    at each point       Vᵀ · D, added to the sums of a group of images           sum_products

Transforms go by vectors of channels: all n × n numbers of a tile are registers or close by.
"""

from __future__ import annotations

from collections.abc import Callable

from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, whole
from kernels.cpu.vector.toom_cook import transposed
from kernels.cpu.vector.transforms import both_axes
from kernels.cpu.vector.winograd_layout import Layout


def store_filters(
    layout: Layout,
    code: Code,
    transformed: Value,
    tap: Callable[[int, Number], Value],
    place: tuple[Number, Number],
) -> None:
    """Write G g Gᵀ as tiles of products read it; ``place`` is the first filter, and the channel.

    ``tap(i, j)`` returns a vector of filters' taps.
    """
    first, channel = place
    block = column_blocks(layout.target, layout.maps[3])[0].size
    block = whole(layout.target, block)
    number, within = code.divided(code.value(first), block)
    last = layout.width % block
    size: Number = block
    if last and layout.width > block:
        is_last = code.builder.icmp_signed("==", code.value(number), code.value(layout.width // block))
        size = code.builder.select(is_last, code.value(last), code.value(block))
    at = code.plus(code.times(code.times(number, block), layout.channels), code.times(channel, size), within)
    store = _to_points(code, layout.n, code.at(transformed, at), layout.filter_point)
    both_axes(code, layout.matrices.filter, tap, store)


def convolve(
    layout: Layout,
    source: str,
    result: str,
    *,
    biases: str = "",
    accumulate: bool = False,
) -> Phase:
    """Return the phase that convolves ``source`` with the transformed filters."""
    images = layout.pictures[0]
    parts, part_images = layout.parts

    def emit(code: Code, arguments: Arguments) -> None:
        layout.windows.clear_border(code, arguments.scratch)
        first_image = code.times(arguments.group, part_images)

        def some(first: Number, count: int) -> None:
            image = code.plus(first_image, first)
            transform_pictures(layout, code, arguments, arguments[source], (image, count))
            multiply(layout, code, arguments, count)
            write_maps(
                layout,
                code,
                arguments,
                code.at(arguments[result], code.times(image, elements(layout.maps))),
                count,
                biases=arguments[biases] if biases else None,
                accumulate=accumulate,
            )

        code.cases(
            arguments.group,
            images,
            part_images,
            lambda count: code.each(spans(count, layout.batch), some),
        )

    reads = (source, "transformed", *([biases] if biases else []))
    return Phase("convolve", parts, reads, (result,), emit, images=images)


def transform_pictures(
    layout: Layout, code: Code, arguments: Arguments, pictures: Value, images: tuple[Number, int]
) -> None:
    """Write V = Bᵀ d B of some ``images``: the first, and how many."""
    first, count = images
    windows = layout.windows

    def image(index: Number) -> None:
        number = code.plus(first, index)
        picture = code.at(pictures, code.times(number, layout.picture))
        opened = windows.open(code, picture, arguments.scratch)

        def tile(row: Number, column: Number) -> None:
            place = code.plus(
                code.times(row, layout.results * windows.row),
                code.times(column, layout.results * layout.channels),
            )
            source = code.at(opened, place)
            v = code.at(arguments.scratch, layout.v_tile(code, index, row, column))

            def vector(channel: Number, lanes: int) -> None:
                def pixel(i: int, j: Number) -> Value:
                    at = code.plus(channel, i * windows.row, code.times(j, layout.channels))
                    return code.load(source, at, lanes)

                store = _to_points(code, layout.n, code.at(v, channel), layout.v_point)
                both_axes(code, layout.matrices.input, pixel, store)

            code.vectors(layout.channels, vector)

        layout.each_tile(code, tile)

    code.loop(count, image)


def transform_gradients(
    layout: Layout, code: Code, arguments: Arguments, gradients: Value, images: tuple[Number, int]
) -> None:
    """Write D = A dY Aᵀ of some ``images`` in the place of M."""
    first, count = images
    filters = layout.maps[3]

    def image(index: Number) -> None:
        dy = code.at(gradients, code.times(code.plus(first, index), elements(layout.maps)))

        def tile(row: Number, column: Number, height: int, width: int) -> None:
            at = layout.m_tile(code, index, row, column)
            d = code.at(arguments.scratch, at)
            source = code.at(dy, layout.map_pixel(code, row, column))

            def vector(channel: Number, lanes: int) -> None:
                def pixel(i: int, j: Number) -> Value:
                    at = code.plus(channel, i * layout.maps[2] * filters, code.times(j, filters))
                    return code.load(source, at, lanes)

                store = _to_points(code, layout.n, code.at(d, channel), layout.m_point)
                both_axes(code, transposed(layout.matrices.output), pixel, store, given=(height, width))

            code.vectors(filters, vector)

        layout.each_map_tile(code, tile)

    code.loop(count, image)


def sum_products(
    layout: Layout, code: Code, arguments: Arguments, sums: Value, count: int, *, accumulate: bool
) -> None:
    """Write Vᵀ D of ``count`` images to ``sums`` (n², channels, filters), or add it."""

    def point(number: Number) -> None:
        v = code.at(arguments.scratch, code.plus(layout.at_v, code.times(number, layout.v_point)))
        d = code.at(arguments.scratch, code.plus(layout.at_m, code.times(number, layout.m_point)))
        out = code.at(sums, code.times(number, layout.filter_point))
        code.each(
            column_blocks(layout.target, layout.maps[3]),
            lambda first, size: multiply_rows(
                code,
                layout.channels,
                size,
                lambda rows, columns: Tile(
                    rows=rows,
                    columns=whole(layout.target, columns),
                    depth=count * layout.tiles,
                    a_step=layout.depth,
                    a_row=1,
                    b_step=layout.width,
                    c_row=layout.width,
                    start="load" if accumulate else "zero",
                ),
                lambda channel: Operands(
                    a=code.at(v, channel),
                    b=code.at(d, first),
                    c=code.at(out, code.plus(first, code.times(channel, layout.width))),
                ),
            ),
        )

    code.loop(layout.points, point)


def multiply(layout: Layout, code: Code, arguments: Arguments, count: int) -> None:
    """Write M = V U of ``count`` images."""

    def point(number: Number) -> None:
        v = code.at(arguments.scratch, code.plus(layout.at_v, code.times(number, layout.v_point)))
        m = code.at(arguments.scratch, code.plus(layout.at_m, code.times(number, layout.m_point)))
        u = code.at(arguments["transformed"], code.times(number, layout.filter_point))

        def block(first: Number, size: int) -> None:
            columns_here = whole(layout.target, size)
            multiply_rows(
                code,
                count * layout.tiles,
                columns_here,
                lambda rows, columns: Tile(
                    rows=rows,
                    columns=columns,
                    depth=layout.channels,
                    a_step=1,
                    a_row=layout.depth,
                    b_step=columns,
                    c_row=layout.width,
                ),
                lambda tile: Operands(
                    a=code.at(v, code.times(tile, layout.depth)),
                    b=code.at(u, code.times(first, layout.channels)),
                    c=code.at(m, code.plus(first, code.times(tile, layout.width))),
                ),
            )

        code.each(column_blocks(layout.target, layout.maps[3]), block)

    code.loop(layout.points, point)


def write_maps(
    layout: Layout,
    code: Code,
    arguments: Arguments,
    maps: Value,
    count: int,
    *,
    biases: Value,
    accumulate: bool,
) -> None:
    """Write Aᵀ M A of ``count`` images."""
    filters = layout.maps[3]

    def image(index: Number) -> None:
        def tile(row: Number, column: Number, height: int, width: int) -> None:
            m = code.at(arguments.scratch, layout.m_tile(code, index, row, column))
            at = code.plus(code.times(index, elements(layout.maps)), layout.map_pixel(code, row, column))
            y = code.at(maps, at)

            def vector(channel: Number, lanes: int) -> None:
                bias = code.load(biases, channel, lanes) if biases is not None else None

                def point(i: int, j: Number) -> Value:
                    number = code.plus(i * layout.n, j)
                    return code.load(m, code.plus(channel, code.times(number, layout.m_point)))

                def store(i: Number, j: int, value: Value) -> None:
                    place = code.plus(channel, code.times(i, layout.maps[2] * filters), j * filters)
                    if accumulate:
                        value = code.builder.fadd(value, code.load(y, place, lanes))
                    if bias is not None:
                        value = code.builder.fadd(value, bias)
                    code.store(value, y, place, lanes)

                both_axes(code, layout.matrices.output, point, store, wanted=(height, width))

            code.vectors(filters, vector)

        layout.each_map_tile(code, tile)

    code.loop(count, image)


def _to_points(code: Code, n: int, start: Value, apart: int) -> Callable[[Number, int, Value], None]:
    """Return what writes a vector to point (i, j) of n × n; points lie so many elements ``apart``."""

    def store(i: Number, j: int, value: Value) -> None:
        code.store(value, start, code.plus(code.times(i, n * apart), j * apart))

    return store
