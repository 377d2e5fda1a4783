"""Feeds a split in batches, in an order that is a function of seed and epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

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

    def fill(self, target: Target) -> None:
        """Put pictures and labels where they are wanted."""
        target.feed_pictures(self.pictures)
        target.feed_labels(self.labels)


class Target(Protocol):
    """What takes pictures and labels of a batch."""

    def feed_pictures(self, pictures: NDArray[np.floating[Any]], /) -> None: ...

    def feed_labels(self, labels: NDArray[np.int32], /) -> None: ...


class Positioned(Protocol):
    """A batch of whatever kind: the ``positions`` of its valid rows in the split."""

    @property
    def positions(self) -> NDArray[np.int64]: ...


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
        self.split = split
        self.batch_size = batch_size
        self.preprocessing = preprocessing
        self.seed = seed
        self._dtype = np.dtype(dtype)
        self.augmentation = augmentation
        self.rows = np.arange(batch_size) if rows is None else rows

    def __len__(self) -> int:
        """The number of examples."""
        return len(self.split)

    def epoch(self, epoch: int, start: int = 0, *, shuffle: bool = True) -> Generator[Batch]:
        """Yield each example once, from the ``start``-th of this epoch's order on.

        A thread prepares the next batch while this one is used; it ends with the iterator, and what goes
        wrong in it is raised here. Without ``shuffle`` the order is that of the split. Where there is an
        augmentation, it is that of ``epoch``.

        Raises ValueError where ``start`` is not within the split.
        """
        if not 0 <= start <= len(self.split):
            raise ValueError(f"start: expected 0 to {len(self.split)}, found {start}")

        def make(positions: NDArray[np.int64]) -> Batch:
            return self._batch(positions, epoch)

        return self._ahead(self.order(epoch, shuffle), start, make)

    def views(self, batch: Positioned, views: Views) -> Iterator[NDArray[np.floating[Any]]]:
        """Yield the pictures of ``batch`` once for each view, prepared, in one array that is used again."""
        pictures = self.split.pictures[self.own(batch.positions)]
        out = self._zeros(pictures)
        for _ in views.each(pictures, out[: len(pictures)]):
            yield out

    @property
    def reads_all(self) -> bool:
        """Whether it reads all rows of a batch."""
        return len(self.rows) == self.batch_size

    def order(self, epoch: int, shuffle: bool) -> NDArray[np.int64]:
        """Return the positions of all examples in the order of an epoch, or in that of the split."""
        if not shuffle:
            return np.arange(len(self.split))
        return permutation(len(self.split), self.seed, Stream.ORDER, epoch)

    def _ahead(
        self, order: NDArray[np.int64], start: int, make: Callable[[NDArray[np.int64]], Batch]
    ) -> Generator[Batch]:
        with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
            pending = None
            for first in range(start, len(order), self.batch_size):
                ahead = thread.submit(make, order[first : first + self.batch_size])
                if pending is not None:
                    yield pending.result()
                pending = ahead
            if pending is not None:
                yield pending.result()

    def own(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return of a batch's positions those whose pictures are read."""
        return positions[self.rows[self.rows < len(positions)]]

    def _zeros(self, pictures: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """Return room for the rows that are read, prepared from such ``pictures``."""
        return np.zeros((len(self.rows), *self.preprocessing.size, pictures.shape[-1]), self._dtype)

    def _batch(self, positions: NDArray[np.int64], epoch: int) -> Batch:
        valid = len(positions)
        own = self.own(positions)
        examples = self.split.take(own).pictures[:]
        pictures = self._zeros(examples)
        out = pictures[: len(own)]
        if self.augmentation is None:
            self.preprocessing.apply(examples, out)
        else:
            self.augmentation.apply(self.preprocessing, examples, own, out, seed=self.seed, epoch=epoch)
        labels = np.zeros(self.batch_size, np.int32)
        labels[:valid] = self.split.labels[positions]
        return Batch(positions, pictures, labels, valid)
