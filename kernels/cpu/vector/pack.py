"""Matrices as tiles want them: blocks of columns whose rows fill whole vectors, filled up with zeros."""

from __future__ import annotations

from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import column_blocks, whole
from kernels.cpu.vector.transpose import transpose

_ROWS = 64
"""Rows of a packed matrix that one group works on."""


def packed_size(target: Target, columns: int, depth: int) -> int:
    """Return how many elements the packed blocks of a matrix (depth, columns) have."""
    return depth * sum(span.count * whole(target, span.size) for span in column_blocks(target, columns))


def pack_transposed(target: Target, source: str, packed: str, columns: int, depth: int) -> Phase:
    """Return the phase that packs the matrix whose transpose (columns, depth) is the array ``source``."""

    def emit(code: Code, arguments: Arguments) -> None:
        first_row = code.times(arguments.group, _ROWS)

        def group(rows: int) -> None:
            def block(first: Number, size: int) -> None:
                width = whole(target, size)
                start = code.plus(code.times(first, depth), first_row)
                columns_at = code.at(arguments[source], start)
                rows_at = code.at(
                    arguments[packed], code.plus(code.times(first, depth), code.times(first_row, width))
                )
                transpose(
                    code,
                    size,
                    rows,
                    lambda column, row, lanes: code.load(
                        columns_at, code.plus(row, code.times(column, depth)), lanes
                    ),
                    lambda row, column, values, _: code.store(
                        values, rows_at, code.plus(column, code.times(row, width))
                    ),
                )

            code.each(column_blocks(target, columns), block)

        code.cases(arguments.group, depth, _ROWS, group)

    return Phase("pack", -(-depth // _ROWS), (source,), (packed,), emit, early=True)


def unpack_sums(
    sums: str, result: str, shape: tuple[int, int, int], columns: int, *, accumulate: bool
) -> Phase:
    """Return the phase that writes to ``result`` (columns, depth) the sum over groups of ``sums``.

    ``shape`` is that of ``sums``, (groups, depth, width); they are added in the order of the groups.
    """
    groups, depth, width = shape

    def emit(code: Code, arguments: Arguments) -> None:
        first_row = code.times(arguments.group, _ROWS)
        rows_at = code.at(arguments[sums], code.times(first_row, width))
        columns_at = code.at(arguments[result], first_row)

        def load(row: Number, column: Number, _: int) -> Value:
            at = code.plus(column, code.times(row, width))
            return sum_of_groups(code, code.at(rows_at, at), groups, depth * width)

        def store(column: Number, row: Number, values: Value, lanes: int) -> None:
            at = code.plus(row, code.times(column, depth))
            if accumulate:
                values = code.builder.fadd(values, code.load(columns_at, at, lanes))
            code.store(values, columns_at, at, lanes)

        code.cases(arguments.group, depth, _ROWS, lambda rows: transpose(code, rows, columns, load, store))

    return Phase("unpack", -(-depth // _ROWS), (sums,), (result,), emit)


def sum_of_groups(code: Code, source: Value, groups: int, apart: int) -> Value:
    """Return the sum of the ``groups`` vectors that lie ``apart`` elements apart, in their order."""
    first = code.load(source)

    def add(index: Number, carried: list[Value]) -> list[Value]:
        at = code.times(code.plus(index, 1), apart)
        return [code.builder.fadd(carried[0], code.load(source, at))]

    return code.fold(groups - 1, [first], add)[0]
