"""The host's side of arrays that are shared out over ranks: puts whole arrays in, takes whole arrays out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.parallel.communicators.communicator import Communicator
from engine.plan.analysis.pieces import pieces
from engine.plan.types import TrainingPlan
from engine.runtime.arrays import Arrays
from engine.runtime.communication import fill


class Distributed:
    """The arrays of a plan that outlive a program, as if they were on one device."""

    def __init__(self, plan: TrainingPlan, arrays: Arrays, line: Communicator) -> None:
        self._buffers = plan.buffers
        self._ranks = plan.ranks
        self._arrays = arrays
        self._line = line

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Copy into this rank's share its part of the whole array ``values``; talks to no other rank."""
        buffer = self._buffers[name]
        if self._line.rank in buffer.ranks:
            share = self._arrays[name].copy()
            for piece in pieces(buffer, self._line.rank):
                share[piece.of_rank()] = values[piece.of_whole()]
            self._arrays[name] = share

    def whole(self, name: str) -> NDArray[Any]:
        """Return the whole array, on every rank, in canonical order; all ranks must call this.

        What each rank holds a term of is summed up.
        """
        buffer = self._buffers[name]
        target = replace(
            buffer, sharding=(None,) * len(buffer.shape), ranks=self._ranks, partial=False, rows=()
        )
        arrays = {"y": np.zeros(buffer.shape, buffer.dtype)}
        if name in self._arrays:
            arrays["x"] = self._arrays[name]
        fill(buffer, target, arrays, self._line)
        return arrays["y"]
