"""Convolution with stride 1 by fast convolution: a quarter of the products for 3 × 3 filters.

    pictures ──Bᵀ d B──▶ V (n², tiles, channels)   ╲
                                                      n² matrix products ──▶ M ──Aᵀ M A──▶ maps
    filters ──G g Gᵀ──▶ U (n², channels, filters)  ╱

The maps fall into tiles of m × m pixels, each made of n × n pixels of the picture, n = m + r − 1. Each of the
n² places of a tile is a matrix product of its own. Some images are done at a time, so that V and M stay in a
core's cache.

The gradient of pictures is the same with the maps' gradient for pictures, and filters turned round.
The gradient of filters is Gᵀ [Σ_tiles Vᵀ D] G with D = A dY Aᵀ: each group of images makes its own sum over
the tiles; these are added in order.

Errors are about ten times those of a direct sum, see the tests.
"""

from __future__ import annotations

from typing import TypeAlias

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.pack import sum_of_groups
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.toom_cook import transposed
from kernels.cpu.vector.transforms import both_axes, transpose_taps, write_taps
from kernels.cpu.vector.winograd_layout import FEW_PARTS, LEAST_RESULTS, Layout
from kernels.cpu.vector.winograd_passes import (
    convolve,
    store_filters,
    sum_products,
    transform_gradients,
    transform_pictures,
)

Shapes: TypeAlias = dict[str, Shape]

_SUMS_LIMIT = 1 << 20
"""Elements that the filters' sums of all groups of images should have at most, about."""
_FEWEST_CHANNELS = 16


def wins(weights: Shape, maps: Shape, stride: Pair) -> bool:
    """Whether fast convolution is quicker: square filters, enough channels on both sides, large maps."""
    filters, height, width, channels = weights
    square = height == width and height in {3, 5} and stride == (1, 1)
    return square and min(filters, channels) >= _FEWEST_CHANNELS and min(maps[1:3]) >= LEAST_RESULTS


def forward(shapes: Shapes, target: Target, padding: Pair, layout: Layout | None = None) -> Generated:
    """Return the kernel that writes the maps y.

    A ``layout`` that is given may take pictures from elsewhere than from x as it is.
    """
    filters, taps, _, channels = shapes["weights"]
    fast = layout or Layout(target, shapes["x"], shapes["y"], taps, padding)

    def transform_filters(code: Code, arguments: Arguments) -> None:
        def group(lanes: int) -> None:
            first = code.times(arguments.group, target.lanes)

            def channel_block(channel: Number, count: int) -> None:
                transpose_taps(code, arguments, shapes["weights"], (first, lanes), (channel, count))

                def transform(index: Number) -> None:
                    at = code.at(arguments.scratch, code.times(index, target.lanes))
                    store_filters(
                        fast,
                        code,
                        arguments["transformed"],
                        lambda i, j: code.load(at, code.times(code.plus(i * taps, j), target.lanes**2)),
                        (first, code.plus(channel, index)),
                    )

                code.loop(count, transform)

            code.each(spans(channels, target.lanes), channel_block)

        code.cases(arguments.group, filters, target.lanes, group)

    return Generated(
        what=f"winograd forward {shapes} {padding}",
        arrays=("x", "weights", "biases", "y"),
        phases=(
            Phase(
                "filters",
                -(-filters // target.lanes),
                ("weights",),
                ("transformed",),
                transform_filters,
                early=True,
            ),
            convolve(fast, "x", "y", biases="biases"),
        ),
        workspace={"transformed": (fast.filters_size,)},
        scratch=max(fast.scratch, taps * taps * target.lanes**2),
        method="winograd",
    )


def backward_data(shapes: Shapes, target: Target, padding: Pair, accumulate: bool) -> Generated:
    """Return the kernel that writes the gradient of the pictures, or adds it to dx."""
    filters, taps, _, channels = shapes["weights"]
    turned = (taps - 1 - padding[0], taps - 1 - padding[1])
    fast = Layout(target, shapes["dy"], shapes["dx"], taps, turned)

    def transform_filters(code: Code, arguments: Arguments) -> None:
        weights = code.at(arguments["weights"], code.times(arguments.group, taps * taps * channels))

        def vector(channel: Number, lanes: int) -> None:
            def tap(i: int, j: Number) -> Value:
                number = code.plus((taps - 1 - i) * taps + taps - 1, code.times(j, -1))
                return code.load(weights, code.plus(channel, code.times(number, channels)), lanes)

            store_filters(fast, code, arguments["transformed"], tap, (channel, arguments.group))

        code.vectors(channels, vector)

    return Generated(
        what=f"winograd backward_data {shapes} {padding} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(
            Phase("filters", filters, ("weights",), ("transformed",), transform_filters, early=True),
            convolve(fast, "dy", "dx", accumulate=accumulate),
        ),
        workspace={"transformed": (fast.filters_size,)},
        scratch=fast.scratch,
        method="winograd",
    )


def backward_weights(
    shapes: Shapes, target: Target, padding: Pair, *, accumulate: bool, layout: Layout | None = None
) -> Generated:
    """Return the kernel that writes the gradient of the filters, or adds it to dweights."""
    filters, taps, _, channels = shapes["dweights"]
    fast = layout or Layout(target, shapes["x"], shapes["dy"], taps, padding, summed=True)
    size = fast.points * fast.filter_point
    images = shapes["x"][0]
    parts, part_images = fast.parts
    if parts * size > _SUMS_LIMIT and parts > FEW_PARTS:
        most = -(-max(1, _SUMS_LIMIT // size) // FEW_PARTS) * FEW_PARTS
        part_images = -(-images // most)  # threads take equally many parts
        parts = -(-images // part_images)

    def sum_part(code: Code, arguments: Arguments) -> None:
        sums = code.at(arguments["sums"], code.times(arguments.group, size))
        at_once = part_images <= fast.batch
        if not at_once:
            code.clear(sums, size)
        fast.windows.clear_border(code, arguments.scratch)
        first_image = code.times(arguments.group, part_images)

        def some(first: Number, count: int) -> None:
            image = code.plus(first_image, first)
            transform_pictures(fast, code, arguments, arguments["x"], (image, count))
            transform_gradients(fast, code, arguments, arguments["dy"], (image, count))
            sum_products(fast, code, arguments, sums, count, accumulate=not at_once)

        code.cases(
            arguments.group,
            images,
            part_images,
            lambda count: code.each(spans(count, fast.batch), some),
        )

    at_points = taps * taps * target.lanes**2

    def unpack(code: Code, arguments: Arguments) -> None:
        channel = code.times(arguments.group, target.lanes)

        def group(count: int) -> None:
            def filter_block(first: Number, lanes: int) -> None:
                def transform(index: Number) -> None:
                    at = code.plus(first, code.times(code.plus(channel, index), fast.width))
                    code.loop(
                        fast.points,
                        lambda point: code.store(
                            sum_of_groups(
                                code,
                                code.at(
                                    arguments["sums"],
                                    code.plus(at, code.times(point, fast.filter_point)),
                                ),
                                parts,
                                size,
                            ),
                            arguments.scratch,
                            code.plus(at_points, code.times(point, target.lanes)),
                        ),
                    )
                    scratch = code.at(arguments.scratch, code.times(index, target.lanes))

                    def point(i: int, j: Number) -> Value:
                        number = code.plus(i * fast.n, j)
                        at = code.plus(at_points, code.times(number, target.lanes))
                        return code.load(arguments.scratch, at)

                    def store(i: Number, j: int, value: Value) -> None:
                        number = code.plus(code.times(i, taps), j)
                        code.store(value, scratch, code.times(number, target.lanes**2))

                    both_axes(code, transposed(fast.matrices.filter), point, store)

                code.loop(count, transform)
                write_taps(
                    code,
                    arguments,
                    shapes["dweights"],
                    (first, lanes),
                    (channel, count),
                    accumulate=accumulate,
                )

            code.each(spans(filters, target.lanes), filter_block)

        code.cases(arguments.group, channels, target.lanes, group)

    return Generated(
        what=f"winograd backward_weights {shapes} {padding} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(
            Phase("sum", parts, ("x", "dy"), ("sums",), sum_part),
            Phase("unpack", -(-channels // target.lanes), ("sums",), ("dweights",), unpack),
        ),
        workspace={"sums": (parts, size)},
        scratch=max(fast.scratch, at_points + fast.points * target.lanes),
        method="winograd",
    )
