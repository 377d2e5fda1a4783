"""Windows that slide over pictures with borders: shapes, offsets, and pictures copied into their borders.

N pictures, H × W pixels, C channels; P × Q places of windows of h × w pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.ir import Code, Value


@dataclass(frozen=True)
class Windows:
    """Windows over pictures of one shape. Pixels outside a picture are zeros.

    ``before`` are the rows above and the columns left of the picture that the first window begins with;
    negative where it begins inside.
    """

    height: int
    width: int
    channels: int
    places: Pair
    size: Pair
    stride: Pair
    before: Pair

    @property
    def seen(self) -> Pair:
        """Rows and columns that some window sees, the border included."""
        rows, columns = ((p - 1) * s + k for p, s, k in zip(self.places, self.stride, self.size, strict=True))
        return rows, columns

    @property
    def bordered(self) -> bool:
        """Whether windows see pixels outside the picture, or begin inside it."""
        return self.before != (0, 0) or self.seen[0] > self.height or self.seen[1] > self.width

    @property
    def row(self) -> int:
        """Elements from one row of pixels to the next, in the memory that windows are read from."""
        return (self.seen[1] if self.bordered else self.width) * self.channels

    @property
    def copied(self) -> int:
        """Elements of the copy with borders; 0 where the picture itself can be read."""
        return self.seen[0] * self.row if self.bordered else 0

    def offsets(self) -> NDArray[np.int64]:
        """Return where the window of each place begins, (P·Q,)."""
        rows = np.arange(self.places[0]) * self.stride[0] * self.row
        columns = np.arange(self.places[1]) * self.stride[1] * self.channels
        return np.asarray(np.add.outer(rows, columns).reshape(-1), np.int64)

    def clear_border(self, code: Code, scratch: Value) -> None:
        """Write zeros to all of the copy, once before pictures are copied."""
        if self.bordered:
            code.clear(scratch, self.copied)

    def open(self, code: Code, picture: Value, scratch: Value) -> Value:
        """Return where windows can be read from: ``picture``, or its copy in ``scratch``."""
        if not self.bordered:
            return picture
        top, left = self.before
        first_row, last_row = max(0, -top), min(self.height, self.seen[0] - top)
        first_column, last_column = max(0, -left), min(self.width, self.seen[1] - left)
        source = code.at(picture, (first_row * self.width + first_column) * self.channels)
        target = code.at(scratch, (first_row + top) * self.row + (first_column + left) * self.channels)
        columns = max(0, last_column - first_column)
        code.loop(
            max(0, last_row - first_row),
            lambda row: code.copy(
                code.at(source, code.times(row, self.width * self.channels)),
                code.at(target, code.times(row, self.row)),
                columns * self.channels,
            ),
        )
        return scratch


def elements(shape: Shape) -> int:
    """Return how many elements one row of the first axis has."""
    return int(np.prod(shape[1:]))
