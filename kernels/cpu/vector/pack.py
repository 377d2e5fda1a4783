"""Matrices as tiles want them: blocks of columns whose rows fill whole vectors, filled up with zeros."""

from __future__ import annotations

from kernels.cpu.vector.generated import Arguments, Phase
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import column_blocks, whole

_ROWS = 64
"""Rows of a packed matrix that one group writes."""


def packed_size(target: Target, columns: int, depth: int) -> int:
    """Return how many elements the packed blocks of a matrix (depth, columns) have."""
    return depth * sum(span.count * whole(target, span.size) for span in column_blocks(target, columns))


def pack_transposed(target: Target, source: str, packed: str, columns: int, depth: int) -> Phase:
    """Return the phase that packs the matrix whose transpose (columns, depth) is the array ``source``."""

    def emit(code: Code, arguments: Arguments) -> None:
        first_row = code.times(arguments.group, _ROWS)
        rows = code.smaller(_ROWS, code.plus(depth, code.times(first_row, -1)))

        def block(first: Number, size: int) -> None:
            width = whole(target, size)
            start = code.at(arguments[packed], code.times(first, depth))

            def row(index: Number) -> None:
                step = code.plus(first_row, index)
                element = code.at(arguments[source], code.plus(step, code.times(first, depth)))
                target_row = code.at(start, code.times(step, width))
                for at in range(0, width, code.lanes):
                    scalars = [
                        code.scalar(element, (at + lane) * depth) if at + lane < size else None
                        for lane in range(code.lanes)
                    ]
                    code.store(code.vector_of(scalars), target_row, at)

            code.loop(rows, row)

        code.each(column_blocks(target, columns), block)

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
        rows = code.smaller(_ROWS, code.plus(depth, code.times(first_row, -1)))

        def vector(first: Number, lanes: int) -> None:
            def row(index: Number) -> None:
                step = code.plus(first_row, index)
                source = code.at(arguments[sums], code.plus(code.times(step, width), first))
                total = sum_of_groups(code, source, groups, depth * width)
                target = code.at(arguments[result], code.plus(step, code.times(first, depth)))
                for lane in range(lanes):
                    value = code.lane(total, lane)
                    if accumulate:
                        value = code.builder.fadd(value, code.scalar(target, lane * depth))
                    code.store_scalar(value, target, lane * depth)

            code.loop(rows, row)

        code.vectors(columns, vector)

    return Phase("unpack", -(-depth // _ROWS), (sums,), (result,), emit)


def sum_of_groups(code: Code, source: Value, groups: int, apart: int) -> Value:
    """Return the sum of the ``groups`` vectors that lie ``apart`` elements apart, in their order."""
    first = code.load(source)

    def add(index: Number, carried: list[Value]) -> list[Value]:
        at = code.times(code.plus(index, 1), apart)
        return [code.builder.fadd(carried[0], code.load(source, at))]

    return code.fold(groups - 1, [first], add)[0]
