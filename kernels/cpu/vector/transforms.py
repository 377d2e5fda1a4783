"""What fast convolutions do with tiles and filters: small matrices on both sides, and filters as vectors."""

from __future__ import annotations

from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments
from kernels.cpu.vector.ir import Code, Number, Value
from kernels.cpu.vector.toom_cook import Matrix
from kernels.cpu.vector.transpose import Rows, transpose, transpose_memory


def both_axes(code: Code, matrix: Matrix, values: list[list[Value]]) -> list[list[Value]]:
    """Return matrix · values · matrixᵀ."""
    down = [times(code, matrix, [row[j] for row in values]) for j in range(len(values[0]))]
    return [times(code, matrix, [column[i] for column in down]) for i in range(len(matrix))]


def times(code: Code, matrix: Matrix, vector: list[Value]) -> list[Value]:
    """Return matrix · vector, without the products by 0 and 1."""
    results = []
    for row in matrix:
        total = None
        for factor, value in sorted(zip(row, vector, strict=True), key=lambda term: abs(term[0]) != 1.0):
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
        results.append(total)
    return results


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
    for tap in range(taps):
        at = code.plus(code.times(first, taps * weights[3]), tap * weights[3], channel)
        source = code.at(arguments["weights"], at)
        scratch = code.at(arguments.scratch, tap * code.lanes**2)
        transpose_memory(code, source, scratch, Rows(lanes, count, taps * weights[3], code.lanes))


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
    for tap in range(taps):
        at = code.plus(code.times(first, taps * weights[3]), tap * weights[3], channel)
        result = code.at(arguments["dweights"], at)
        scratch = code.at(arguments.scratch, tap * code.lanes**2)

        def store(number: Number, _row: Number, values: Value, width: int, result: Value = result) -> None:
            place = code.times(number, taps * weights[3])
            if accumulate:
                values = code.builder.fadd(values, code.load(result, place, width))
            code.store(values, result, place, width)

        transpose(
            code,
            count,
            lanes,
            lambda index, _first, _lanes, scratch=scratch: code.load(  # type: ignore[misc]
                scratch, code.times(index, code.lanes)
            ),
            store,
        )
