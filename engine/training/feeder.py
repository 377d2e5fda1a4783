"""Puts batches into the arrays of a rank, which may want some of their rows only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.loader import Batch
from engine.plan.analysis.pieces import pieces
from engine.plan.types import Buffer, TrainingPlan
from engine.runtime.arrays import Arrays


class Feeder:
    """Fills inputs and labels of ``rank`` in its ``arrays``: those ``rows`` of a batch alone, rising."""

    def __init__(self, plan: TrainingPlan, arrays: Arrays, rank: int) -> None:
        inputs = {buffer.name: _rows(buffer, rank) for buffer in plan.by_role("input")}
        labels = {buffer.name: _rows(buffer, rank) for buffer in plan.by_role("labels")}
        self.rows = np.unique(np.concatenate(list(inputs.values())))
        self._arrays = arrays
        self._inputs = {name: np.searchsorted(self.rows, rows) for name, rows in inputs.items() if len(rows)}
        self._labels = {name: rows for name, rows in labels.items() if len(rows)}

    def feed(self, batch: Batch) -> None:
        """Put in a batch of a loader that reads ``rows``."""
        self.feed_pictures(batch.pictures)
        for name, rows in self._labels.items():
            self._arrays[name] = batch.labels[rows]

    def feed_pictures(self, pictures: NDArray[np.floating[Any]]) -> None:
        """Put in other pictures of the same examples: those of ``rows``."""
        for name, rows in self._inputs.items():
            self._arrays[name] = pictures if len(rows) == len(pictures) else pictures[rows]


def _rows(buffer: Buffer, rank: int) -> NDArray[np.int64]:
    """Return which rows of a batch a rank holds, in the order in which it does."""
    if rank not in buffer.ranks:
        return np.arange(0)
    own = sorted(pieces(buffer, rank), key=lambda piece: piece.at)
    return np.concatenate([np.arange(piece.begin[0], piece.end[0]) for piece in own])
