"""Transposes matrices in registers: as many rows as a vector has lanes at a time.

a₀ a₁ a₂ a₃      Each round interleaves vector i with vector i + lanes/2:       a₀ b₀ c₀ d₀
b₀ b₁ b₂ b₃      (a, c) → a₀ c₀ a₁ c₁ and a₂ c₂ a₃ c₃, and (b, d) alike.        a₁ b₁ c₁ d₁
c₀ c₁ c₂ c₃      After log₂ lanes rounds, columns have become rows.              a₂ b₂ c₂ d₂
d₀ d₁ d₂ d₃                                                                      a₃ b₃ c₃ d₃
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.cpu.vector.ir import POINTER, Code, Number, Value, spans


@dataclass(frozen=True)
class Rows:
    """A matrix, and how many elements there are between its rows, and between those of its transpose."""

    rows: int
    columns: int
    source_row: int
    target_row: int


Load = Callable[[Number, Number, int], Value]
"""Takes row, first column and lanes; returns these elements."""
Store = Callable[[Number, Number, Value, int], None]
"""Takes column, first row, these rows' elements of the column, and how many there are; the rest are zeros."""


def transpose(code: Code, rows: int, columns: int, load: Load, store: Store) -> None:
    """Write the loops that read a matrix by rows and write it by columns."""

    def block(row: Number, height: int, column: Number, width: int) -> None:
        vectors = [load(code.plus(row, i), column, width) for i in range(height)]
        vectors += [code.zero] * (code.lanes - height)
        for i, vector in enumerate(_transposed(code, vectors)[:width]):
            store(code.plus(column, i), row, vector, height)

    code.each(
        spans(columns, code.lanes),
        lambda column, width: code.each(
            spans(rows, code.lanes), lambda row, height: block(row, height, column, width)
        ),
    )


def transpose_memory(code: Code, source: Value, target: Value, shape: Rows) -> None:
    """Write a call that transposes a matrix from one place in memory to another.

    Columns of the target are filled up with zeros to whole vectors.
    """

    def emit(inner: Code) -> None:
        read, written = inner.arguments
        transpose(
            inner,
            shape.rows,
            shape.columns,
            lambda row, column, lanes: inner.load(
                read, inner.plus(column, inner.times(row, shape.source_row)), lanes
            ),
            lambda column, row, values, _: inner.store(
                values, written, inner.plus(row, inner.times(column, shape.target_row))
            ),
        )

    code.builder.call(code.unit.shared(shape, [POINTER, POINTER], emit), [source, target])


def _transposed(code: Code, vectors: list[Value]) -> list[Value]:
    half = code.lanes // 2
    low = [lane + half_of for lane in range(half) for half_of in (0, code.lanes)]
    high = [lane + half for lane in low]
    rounds = code.lanes.bit_length() - 1
    for _ in range(rounds):
        vectors = [
            code.shuffle(vectors[i], vectors[i + half], order) for i in range(half) for order in (low, high)
        ]
    return vectors
