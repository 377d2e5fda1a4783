"""Work on each element alone: arrays are cut into runs, and a group is one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from kernels.cpu.vector.generated import Arguments, Phase, image_groups
from kernels.cpu.vector.ir import Code, Number

RUN = 1 << 14
"""Elements of a run of an array that has no images."""

Body: TypeAlias = Callable[[Code, Arguments], Callable[[Number, int], None]]
"""Writes what is done once for a group; returns what writes the work on ``lanes`` elements at an offset."""

Names: TypeAlias = tuple[str, ...]


def by_images(images: int, size: int, reads: Names, writes: Names, *, body: Body) -> Phase:
    """Return the phase that does ``body`` for all vectors of a batch of ``images``.

    A group is as many images of ``size`` elements as in every other phase that goes by images.
    """
    _, group_images = image_groups(images)
    emit = _over(images * size, group_images * size, body)
    return Phase("images", -(-images // group_images), reads, writes, emit, images=images)


def by_runs(total: int, reads: Names, writes: Names, *, body: Body) -> Phase:
    """Return the phase that does ``body`` for all vectors of an array of ``total`` elements."""
    return Phase("runs", -(-total // RUN), reads, writes, _over(total, RUN, body))


def _over(total: int, size: int, body: Body) -> Callable[[Code, Arguments], None]:
    def emit(code: Code, arguments: Arguments) -> None:
        first = code.times(arguments.group, size)
        vector = body(code, arguments)
        code.cases(
            arguments.group,
            total,
            size,
            lambda count: code.vectors(count, lambda at, lanes: vector(code.plus(first, at), lanes)),
        )

    return emit
