"""Feeds a split in batches, in an order that is a function of seed and epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.data.augmentation import Augmentation
from engine.data.dataset import Split
from engine.data.preprocessing import Preprocessing
from engine.data.views import Views
from kernels.philox import Stream, permutation


@dataclass(frozen=True, eq=False)
class Batch:
    """``batch_size`` rows, of which the first ``valid`` hold examples and the others zeros.

    ``positions``: int64, where in the split each valid row comes from; ``pictures``: float, prepared,
    (batch_size, height, width, channels), or of those rows alone that the loader reads; ``labels``: int32
    (batch_size,).
    """

    positions: NDArray[np.int64]
    pictures: NDArray[np.floating[Any]]
    labels: NDArray[np.int32]
    valid: int


class Loader:
    """Makes batches of ``split``. ``dtype`` is that of the prepared pictures.

    With ``rows``, rising, the pictures of these rows of a batch alone are read; its labels are all there.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        preprocessing: Preprocessing,
        *,
        seed: int,
        dtype: DTypeLike,
        augmentation: Augmentation | None = None,
        rows: NDArray[np.int64] | None = None,
    ) -> None:
        self._split = split
        self._batch_size = batch_size
        self._preprocessing = preprocessing
        self._seed = seed
        self._dtype = np.dtype(dtype)
        self._augmentation = augmentation
        self._rows = np.arange(batch_size) if rows is None else rows

    def __len__(self) -> int:
        """The number of examples."""
        return len(self._split)

    def epoch(self, epoch: int, start: int = 0, *, shuffle: bool = True) -> Generator[Batch]:
        """Yield each example once, from the ``start``-th of this epoch's order on.

        A thread prepares the next batch while this one is used; it ends with the iterator, and what goes
        wrong in it is raised here. Without ``shuffle`` the order is that of the split. Where there is an
        augmentation, it is that of ``epoch``.

        Raises ValueError where ``start`` is not within the split.
        """
        if not 0 <= start <= len(self._split):
            raise ValueError(f"start: expected 0 to {len(self._split)}, found {start}")

        def make(positions: NDArray[np.int64]) -> Batch:
            return self._batch(positions, epoch)

        return self._ahead(self._order(epoch, shuffle), start, make)

    def views(self, batch: Batch, views: Views) -> Iterator[NDArray[np.floating[Any]]]:
        """Yield the pictures of ``batch`` once for each view, prepared, in one array that is used again."""
        pictures = self._split.pictures[self._own(batch.positions)]
        out = np.zeros_like(batch.pictures)
        for _ in views.each(pictures, out[: len(pictures)]):
            yield out

    def _order(self, epoch: int, shuffle: bool) -> NDArray[np.int64]:
        if not shuffle:
            return np.arange(len(self._split))
        return permutation(len(self._split), self._seed, Stream.ORDER, epoch)

    def _ahead(
        self, order: NDArray[np.int64], start: int, make: Callable[[NDArray[np.int64]], Batch]
    ) -> Generator[Batch]:
        with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
            pending = None
            for first in range(start, len(order), self._batch_size):
                ahead = thread.submit(make, order[first : first + self._batch_size])
                if pending is not None:
                    yield pending.result()
                pending = ahead
            if pending is not None:
                yield pending.result()

    def _own(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return of a batch's positions those whose pictures are read."""
        return positions[self._rows[self._rows < len(positions)]]

    def _batch(self, positions: NDArray[np.int64], epoch: int) -> Batch:
        valid = len(positions)
        own = self._own(positions)
        examples = self._split.take(own).pictures[:]
        shape = (len(self._rows), *self._preprocessing.size, examples.shape[-1])
        pictures = np.zeros(shape, self._dtype)
        out = pictures[: len(own)]
        if self._augmentation is None:
            self._preprocessing.apply(examples, out)
        else:
            self._augmentation.apply(self._preprocessing, examples, own, out, seed=self._seed, epoch=epoch)
        labels = np.zeros(self._batch_size, np.int32)
        labels[:valid] = self._split.labels[positions]
        return Batch(positions, pictures, labels, valid)
