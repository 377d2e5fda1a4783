"""What fast convolutions do with tiles and filters: small matrices on both sides, and filters as vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.toom_cook import Matrix, mirrored, transposed
from kernels.cpu.vector.transpose import Rows, transpose, transpose_memory


def both_axes(
    code: Code,
    matrix: Matrix,
    load: Callable[[int, Number], Value],
    store: Callable[[Number, int, Value], None],
    *,
    given: Pair | None = None,
    wanted: Pair | None = None,
) -> None:
    """Write matrix · values · matrixᵀ, column by column and then row by row.

    ``load(i, j)`` returns a vector of the values, ``store(i, j, vector)`` writes one of the results.
    ``given`` are the rows and columns of values that there are, others being zeros; ``wanted`` those of
    results.
    """
    rows, columns = given or (len(matrix[0]), len(matrix[0]))
    height, width = wanted or (len(matrix), len(matrix))
    rest = [code.zero] * (len(matrix[0]) - rows)
    between = code.local(height * columns)

    def down(j: Number) -> None:
        results = times(code, matrix, [*(load(i, j) for i in range(rows)), *rest])
        to = code.at(between, code.times(j, code.lanes))
        for i, result in enumerate(results[:height]):
            code.store(result, to, i * columns * code.lanes)

    def across(i: Number) -> None:
        source = code.at(between, code.times(i, columns * code.lanes))
        values = [code.load(source, j * code.lanes) for j in range(columns)]
        results = times(code, matrix, [*values, *[code.zero] * (len(matrix[0]) - columns)])
        for j, result in enumerate(results[:width]):
            store(i, j, result)

    code.loop(columns, down)
    code.loop(height, across)


def times(code: Code, matrix: Matrix, vector: list[Value]) -> list[Value]:
    """Return matrix · vector, without the products by 0 and 1.

    Points p and −p share their products: in columns, sums and differences of two elements of the vector go
    into the results; in rows, two results are a sum and a difference.
    """
    b = code.builder
    columns, factors, values = transposed(matrix), [], []
    for points in mirrored(columns):
        some = [vector[point] for point in points]
        factors += _parts(columns, points)
        values += some if len(some) == 1 else [b.fadd(*some), b.fsub(*some)]
    rows, results = transposed(tuple(factors)), []
    for points in mirrored(rows):
        sums = [_sum(code, part, values) for part in _parts(rows, points)]
        results += sums if len(sums) == 1 else [b.fadd(*sums), b.fsub(*sums)]
    return results


def _parts(rows: Matrix, points: tuple[int, ...]) -> list[tuple[float, ...]]:
    """Return the row of a point, or its even and its odd elements where it stands for two."""
    row = rows[points[0]]
    if len(points) == 1:
        return [row]
    return [tuple(value if k % 2 == odd else 0.0 for k, value in enumerate(row)) for odd in range(2)]


def _sum(code: Code, factors: Sequence[float], vector: list[Value]) -> Value:
    """Return the sum of a row's products."""
    total = None
    for factor, value in sorted(zip(factors, vector, strict=True), key=lambda term: abs(term[0]) != 1.0):
        if factor == 0:
            continue
        if total is None:
            total = value if factor == 1 else code.builder.fmul(value, code.constant(factor))
        elif factor == 1:
            total = code.builder.fadd(total, value)
        elif factor == -1:
            total = code.builder.fsub(total, value)
        else:
            total = code.fma(value, code.constant(factor), total)
    return total


def transpose_taps(
    code: Code,
    arguments: Arguments,
    weights: Shape,
    filters: tuple[Number, int],
    channels: tuple[Number, int],
) -> None:
    """Write some filters' taps of some channels to the scratch memory: (tap, channel, filter)."""
    (first, lanes), (channel, count) = filters, channels
    taps = weights[1] * weights[2]

    def one(tap: Number) -> None:
        at = code.plus(code.times(first, taps * weights[3]), code.times(tap, weights[3]), channel)
        source = code.at(arguments["weights"], at)
        scratch = code.at(arguments.scratch, code.times(tap, code.lanes**2))
        transpose_memory(code, source, scratch, Rows(lanes, count, taps * weights[3], code.lanes))

    code.loop(taps, one)


def write_taps(
    code: Code,
    arguments: Arguments,
    weights: Shape,
    filters: tuple[Number, int],
    channels: tuple[Number, int],
    *,
    accumulate: bool,
) -> None:
    """Write the scratch memory (tap, channel, filter) to some filters' taps of some channels."""
    (first, lanes), (channel, count) = filters, channels
    taps = weights[1] * weights[2]

    def one(tap: Number) -> None:
        at = code.plus(code.times(first, taps * weights[3]), code.times(tap, weights[3]), channel)
        result = code.at(arguments["dweights"], at)
        scratch = code.at(arguments.scratch, code.times(tap, code.lanes**2))

        def store(number: Number, _row: Number, values: Value, width: int) -> None:
            place = code.times(number, taps * weights[3])
            if accumulate:
                values = code.builder.fadd(values, code.load(result, place, width))
            code.store(values, result, place, width)

        transpose(
            code,
            count,
            lanes,
            lambda index, _first, _lanes: code.load(scratch, code.times(index, code.lanes)),
            store,
        )

    code.loop(taps, one)
