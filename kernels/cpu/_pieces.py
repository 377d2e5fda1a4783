"""Work in pieces that stay in a core's cache, so that temporaries are small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.arrays import Counters, Floats
from kernels.control import OFFSET, VALID

PIECE = 1 << 15
"""Elements of one piece of element-wise work."""


def pieces(total: int, length: int = PIECE) -> Iterator[slice]:
    """Yield the slices that cut ``total`` items into pieces of ``length``; the last may be shorter."""
    for first in range(0, total, length):
        yield slice(first, min(first + length, total))


def valid_rows(counters: Counters, rows: int) -> int:
    """Return how many of a kernel's ``rows``, which begin at ``counters[OFFSET]``, hold an example."""
    return min(max(int(counters[VALID] - counters[OFFSET]), 0), rows)


def write(output: Floats, value: Floats, accumulate: bool) -> None:
    """Write ``value`` to ``output``, or add it."""
    if accumulate:
        np.add(output, value, out=output)
    else:
        np.copyto(output, value)


def write_product(a: Floats, b: Floats, output: Floats, accumulate: bool) -> None:
    """Write the matrix product of ``a`` (m, k) and ``b`` (k, n) to ``output`` (m, n), or add it."""
    if not accumulate:
        np.matmul(a, b, out=output)
        return
    rows = max(1, 8 * PIECE // output.shape[1])
    for piece in pieces(len(output), rows):
        output[piece] += a[piece] @ b
