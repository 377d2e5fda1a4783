"""The register tile: the one inner loop of convolutions, fully connected, local layers, and gradients.

    c[row, column] (+)= Σ_run Σ_k  a[row, run, k] · b[run, k, column]

                           b: one row a step, ``vectors`` registers
                         ┌──────────┬──────────┬──────────┬──────────┐
                         │ b[0…15]  │ b[16…31] │ b[32…47] │ b[48…63] │
                         └──────────┴──────────┴──────────┴──────────┘
      a: one element    ┌┬──────────┬──────────┬──────────┬──────────┐
      of each row,   a₀ ┤│    +=    │    +=    │    +=    │    +=    │   c: rows × vectors registers,
      in all lanes   a₁ ┤│    +=    │    +=    │    +=    │    +=    │   written once at the end
                     …  ┤│    …     │    …     │    …     │    …     │
                     a₅ ┤│    +=    │    +=    │    +=    │    +=    │   6 × 4 of 16 lanes for AVX-512
                        └┴──────────┴──────────┴──────────┴──────────┘   6 × 2 of  8 lanes for AVX2

Where elements lie: ``a`` at row + run · a_run + k · a_step, ``b`` at run · b_run + k · b_step + column, ``c``
at row + column. Rows that are not evenly apart come from a table of offsets: the pixels of a picture with a
border, say. A run is a stretch of memory: the taps of one row of a filter lie side by side with their
channels, so that a convolution has as many runs as its filters have rows, and no window is ever copied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from llvmlite import ir

from kernels.cpu.vector.ir import F32, I64, ITEM, POINTER, Code, Number, Span, Value, spans
from kernels.cpu.vector.target import Target

_UNROLLED = 48
"""Products that one pass of the innermost loop should have, about."""
_STEPS = 4
"""Steps that it has at most: where sums are few, a step waits for them, and the loop is done meanwhile."""


@dataclass(frozen=True)
class Tile:
    """The geometry of a tile. Strides count elements; a stride of rows that is None comes from a table.

    A depth, or a number of runs, that is None comes with the operands.
    """

    rows: int
    columns: int
    depth: int | None
    a_step: int
    b_step: int
    a_row: int | None
    c_row: int | None
    runs: int | None = 1
    a_run: int = 0
    b_run: int = 0
    start: Literal["zero", "load", "bias"] = "zero"
    padded: bool = False
    """Whether rows of ``b`` fill whole vectors, so that all of them can be read."""


@dataclass(frozen=True)
class Operands:
    """Addresses of a tile's operands; ``a_rows`` and ``c_rows`` are tables of offsets, int64."""

    a: Value
    b: Value
    c: Value
    bias: Value = None
    a_rows: Value = None
    c_rows: Value = None
    depth: Number = 0
    runs: Number = 0


def column_blocks(target: Target, columns: int) -> list[Span]:
    """Return the blocks of columns that tiles work on: even widths, of at most ``target.most_vectors``."""
    vectors = -(-columns // target.lanes)
    blocks = -(-vectors // target.most_vectors)
    return spans(columns, -(-vectors // blocks) * target.lanes)


def whole(target: Target, columns: int) -> int:
    """Return how many elements the vectors have that hold ``columns``."""
    return -(-columns // target.lanes) * target.lanes


def tile_rows(target: Target, columns: int) -> int:
    """Return how many rows a tile of ``columns`` should have."""
    return target.tile_rows(-(-columns // target.lanes))


def multiply(code: Code, tile: Tile, operands: Operands) -> None:
    """Write a call of the tile."""
    missing = ir.Constant(POINTER, None)
    function = code.unit.shared(tile, [POINTER] * 6 + [I64] * 2, lambda inner: _emit(inner, tile))
    o = operands
    pointers = (o.a, o.b, o.c, o.bias, o.a_rows, o.c_rows)
    numbers = (code.value(o.depth), code.value(o.runs))
    code.builder.call(function, [*(missing if value is None else value for value in pointers), *numbers])


def multiply_rows(
    code: Code,
    total: int,
    columns: int,
    make: Callable[[int, int], Tile],
    place: Callable[[Number], Operands],
) -> None:
    """Write the calls that cover ``total`` rows of a block of ``columns``.

    ``make`` gives the tile of some rows and columns, ``place`` the operands of the tile from a row on.
    """
    code.each(
        spans(total, tile_rows(code.unit.target, columns)),
        lambda first, rows: multiply(code, make(rows, columns), place(first)),
    )


def offset_table(code: Code, table: Value, first: Number) -> Value:
    """Return the address of entry ``first`` of a table of int64 offsets."""
    return code.at(table, code.times(first, 8 // ITEM))


def _emit(code: Code, tile: Tile) -> None:
    a, b, c, bias, a_rows, c_rows, depth, runs = code.arguments
    lanes = [size for span in spans(tile.columns, code.lanes) for size in [span.size] * span.count]
    offsets = [index * code.lanes for index in range(len(lanes))]
    targets = _rows(code, c, tile.c_row, c_rows, tile.rows)
    sums = _start(code, tile, targets, bias, list(zip(offsets, lanes, strict=True)))
    pointers = _rows(code, a, tile.a_row, a_rows, tile.rows)
    b_lanes = [code.lanes] * len(lanes) if tile.padded else lanes

    def steps(at_a: Number, at_b: Value, sums: list[Value], count: int) -> list[Value]:
        for k in range(count):
            row = [
                code.load(at_b, k * tile.b_step + offset, lane)
                for offset, lane in zip(offsets, b_lanes, strict=True)
            ]
            for index, pointer in enumerate(pointers):
                element = code.splat(code.scalar(pointer, code.plus(at_a, k * tile.a_step)))
                for column, vector in enumerate(row):
                    place = index * len(row) + column
                    sums[place] = code.fma(element, vector, sums[place])
        return sums

    unroll = min(_STEPS, max(1, _UNROLLED // (tile.rows * len(lanes))))
    blocks = code.blocks(depth, unroll) if tile.depth is None else spans(tile.depth, unroll)

    def run(index: Number, sums: list[Value]) -> list[Value]:
        at_a, at_b = code.times(index, tile.a_run), code.at(b, code.times(index, tile.b_run))
        for span in blocks:
            start_a = code.plus(at_a, code.times(span.first, tile.a_step))
            start_b = code.at(at_b, code.times(span.first, tile.b_step))
            sums = code.fold(
                span.count,
                sums,
                lambda block, sums, a=start_a, b=start_b, n=span.size: steps(  # type: ignore[misc]
                    code.plus(a, code.times(block, n * tile.a_step)),
                    code.at(b, code.times(block, n * tile.b_step)),
                    list(sums),
                    n,
                ),
            )
        return sums

    sums = code.fold(runs if tile.runs is None else tile.runs, sums, run)
    for place, value in enumerate(sums):
        row, column = divmod(place, len(lanes))
        code.store(value, targets[row], offsets[column], lanes[column])


def _rows(code: Code, base: Value, stride: int | None, table: Value, rows: int) -> list[Value]:
    if stride is not None:
        return [code.at(base, row * stride) for row in range(rows)]
    return [code.builder.gep(base, [code.integer(table, row)], source_etype=F32) for row in range(rows)]


def _start(
    code: Code, tile: Tile, targets: list[Value], bias: Value, places: list[tuple[int, int]]
) -> list[Value]:
    if tile.start == "zero":
        return [code.zero] * (tile.rows * len(places))
    if tile.start == "bias":
        return [code.load(bias, offset, lane) for offset, lane in places] * tile.rows
    return [code.load(target, offset, lane) for target in targets for offset, lane in places]
