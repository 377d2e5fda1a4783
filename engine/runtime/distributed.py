"""The host's side of arrays that are shared out over ranks: puts whole arrays in, takes whole arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.parallel.communicators.communicator import Communicator
from engine.plan.analysis.partition.places import even
from engine.plan.analysis.pieces import pieces
from engine.plan.types import TrainingPlan
from engine.runtime.arrays import Arrays
from engine.runtime.communication import filler


@dataclass(frozen=True)
class Part:
    """A part of a whole array, and where in it that begins."""

    array: NDArray[Any]
    begin: tuple[int, ...]


class Distributed:
    """The arrays of a plan that outlive a program, as if they were on one device."""

    def __init__(self, plan: TrainingPlan, arrays: Arrays, line: Communicator) -> None:
        self._buffers = plan.buffers
        self._ranks = plan.ranks
        self._arrays = arrays
        self._line = line

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Copy into this rank's share its part of the whole array ``values``; talks to no other rank.

        Of an array that is kept as terms of a sum, the first rank gets all, the others zeros.
        """
        buffer = self._buffers[name]
        rank = self._line.rank
        if rank not in buffer.ranks:
            return
        if buffer.partial and rank != buffer.ranks[0]:
            self._arrays[name] = 0
            return
        if not any(buffer.sharding):
            self._arrays[name] = values
            return
        share = self._arrays[name].copy()
        for piece in pieces(buffer, rank):
            share[piece.of_rank()] = values[piece.of_whole()]
        self._arrays[name] = share

    def whole(self, name: str) -> NDArray[Any]:
        """Return the whole array, on every rank, in canonical order; all ranks must call this.

        What each rank holds a term of is summed up.
        """
        if len(self._ranks) == 1:
            return self._arrays[name].copy()
        return self.joiner(name)(self._arrays.get(name))

    def joiner(self, name: str) -> Callable[[NDArray[Any] | None], NDArray[Any]]:
        """Return a call that makes the whole array of what each rank has of it, None where that is nothing.

        All ranks must call it. It returns the same array each time.
        """
        buffer = self._buffers[name]
        target = replace(
            buffer, sharding=(None,) * len(buffer.shape), ranks=self._ranks, partial=False, rows=()
        )
        arrays = {"y": np.zeros(buffer.shape, buffer.dtype)}
        if self._line.rank in buffer.ranks:
            arrays["x"] = np.zeros(buffer.local_shape(self._line.rank), buffer.dtype)
        fill = filler(buffer, target, arrays, self._line)

        def join(own: NDArray[Any] | None) -> NDArray[Any]:
            if own is not None:
                arrays["x"][...] = own
            fill()
            return arrays["y"]

        return join

    def part(self, name: str, own: NDArray[Any] | None) -> Part | None:
        """Return the part of an array that this rank answers for, None where that is none.

        All parts together are the array: where several ranks have the same, each answers for some of it.
        ``own`` is what this rank has of it. All ranks must call this.
        """
        buffer = self._buffers[name]
        if buffer.partial:
            whole = self.joiner(name)(own)
            return Part(whole, (0,) * whole.ndim) if self._line.rank == 0 else None
        if own is None:
            return None
        if any(buffer.sharding):
            (piece,) = pieces(buffer, self._line.rank)
            return Part(own, piece.begin)
        offsets = even(len(own), buffer.ranks).offsets
        number = buffer.ranks.index(self._line.rank)
        first, last = offsets[number], offsets[number + 1]
        return Part(own[first:last], (first, *(0,) * (own.ndim - 1))) if first < last else None
