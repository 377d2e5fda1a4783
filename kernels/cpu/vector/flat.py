"""Work on each element alone: arrays are cut into runs, and a group is one run.

How many elements there are is read from a table. So arrays of all shapes share the code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments, Phase, image_groups
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.picture import elements

RUN = 1 << 14
"""Elements of a run of an array that has no images."""

Body: TypeAlias = Callable[[Code, Arguments], Callable[[Number, int], None]]
"""Writes what is done once for a group; returns what writes the work on ``lanes`` elements at an offset."""

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Runs:
    """``total`` elements in runs of ``size``; ``images`` are those of the batch, if runs go by images."""

    total: int
    size: int
    images: int = 0

    @property
    def tables(self) -> dict[str, NDArray[np.int64]]:
        """The table that a kernel with this work has."""
        return {"runs": np.array([self.total, self.size], np.int64)}

    def phase(self, reads: Names, writes: Names, body: Body) -> Phase:
        """Return the phase that does ``body`` for all vectors of elements, then for the rest one by one."""

        def emit(code: Code, arguments: Arguments) -> None:
            total, size = (code.integer(arguments["runs"], number) for number in range(2))
            first = code.times(arguments.group, size)
            count = code.smaller(size, code.builder.sub(total, first))
            vector = body(code, arguments)
            code.each(code.blocks(count, code.lanes), lambda at, lanes: vector(code.plus(first, at), lanes))

        return Phase("runs", -(-self.total // self.size), reads, writes, emit, images=self.images)


def by_images(shape: Shape) -> Runs:
    """Return the runs of a batch: a group is as many images as in every other phase that goes by images."""
    _, group_images = image_groups(shape[0])
    return Runs(prod(shape), group_images * elements(shape), images=shape[0])


def by_runs(shape: Shape) -> Runs:
    """Return the runs of an array that has no images."""
    return Runs(prod(shape), RUN)
