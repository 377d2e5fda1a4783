"""Puts batches into the arrays of a rank, which may want some of their rows only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.loader import Loader
from engine.plan.analysis.pieces import pieces
from engine.plan.types import Buffer, TrainingPlan
from engine.runtime.arrays import Arrays
from engine.runtime.device import Device, Feed, Feedable


class Feeder:
    """Fills inputs and labels of ``rank`` in its ``arrays``: those ``rows`` of a batch alone, rising."""

    def __init__(self, plan: TrainingPlan, arrays: Arrays, rank: int) -> None:
        inputs = {buffer.name: _rows(buffer, rank) for buffer in plan.by_role("input")}
        labels = {buffer.name: _rows(buffer, rank) for buffer in plan.by_role("labels")}
        self.rows = np.unique(np.concatenate(list(inputs.values())))
        self._arrays = arrays
        self._inputs = {name: np.searchsorted(self.rows, rows) for name, rows in inputs.items() if len(rows)}
        self._labels = {name: rows for name, rows in labels.items() if len(rows)}

    def attach(self, loader: Loader, device: Device) -> Feed:
        """Return what makes the batches of a loader on a device that holds the arrays."""
        on_device = self._arrays.on_device
        return device.feed(loader, [*map(on_device, self._inputs)], [*map(on_device, self._labels)])

    def feed(self, batch: Feedable) -> None:
        """Put in a batch of a loader that reads ``rows``."""
        batch.fill(self)

    def feed_labels(self, labels: NDArray[np.int32]) -> None:
        """Put in the labels of all rows."""
        for name, rows in self._labels.items():
            self._arrays[name] = labels[rows]

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
