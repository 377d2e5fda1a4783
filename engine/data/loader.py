"""Feeds a split in batches, in an order that is a function of seed and epoch alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.data.augmentation import Augmentation
from engine.data.dataset import Split
from engine.data.preprocessing import Preprocessing
from engine.data.views import Views
from kernels.philox import Stream, permutation

_TOGETHER = 2**20
"""Bytes of prepared pictures that are made at once: small pictures cost less so than batch by batch."""


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

        A thread prepares the next batches while these are used; it ends with the iterator, and what goes
        wrong in it is raised here. Without ``shuffle`` the order is that of the split. Where there is an
        augmentation, it is that of ``epoch``.

        Raises ValueError where ``start`` is not within the split.
        """
        if not 0 <= start <= len(self.split):
            raise ValueError(f"start: expected 0 to {len(self.split)}, found {start}")

        def make(positions: NDArray[np.int64]) -> list[Batch]:
            return self._batches(positions, epoch)

        return _ahead(self._portions(self.order(epoch, shuffle)[start:]), make)

    def views(self, batch: Positioned, views: Views) -> Iterator[NDArray[np.floating[Any]]]:
        """Yield the pictures of ``batch`` once for each view, prepared, in one array that is used again."""
        pictures = self.split.pictures[self.own(batch.positions)]
        out = np.zeros(self._shape, self._dtype)
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

    def _portions(self, order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return the positions of ``order``, in portions of some whole batches that are made at once."""
        bytes_of_batch = math.prod(self._shape) * self._dtype.itemsize
        examples = self.batch_size * max(1, _TOGETHER // max(1, bytes_of_batch))
        return [order[first : first + examples] for first in range(0, len(order), examples)]

    def own(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return of a batch's positions those whose pictures are read."""
        return positions[self.rows[self.rows < len(positions)]]

    @property
    def _shape(self) -> tuple[int, ...]:
        """The shape of the rows of a batch that are read, prepared."""
        return len(self.rows), *self.preprocessing.size, self.split.pictures.shape[-1]

    def _batches(self, positions: NDArray[np.int64], epoch: int) -> list[Batch]:
        """Return the batches of ``positions``, of which the last may be short."""
        firsts = range(0, len(positions), self.batch_size)
        parts = [positions[first : first + self.batch_size] for first in firsts]
        own = np.concatenate([self.own(part) for part in parts])
        examples = self.split.take(own).pictures[:]
        pictures = np.zeros((len(parts), *self._shape), self._dtype)
        out = pictures.reshape(-1, *self._shape[1:])[: len(own)]
        if self.augmentation is None:
            self.preprocessing.apply(examples, out)
        else:
            self.augmentation.apply(self.preprocessing, examples, own, out, seed=self.seed, epoch=epoch)
        labels = np.zeros((len(parts), self.batch_size), np.int32)
        labels.reshape(-1)[: len(positions)] = self.split.labels[positions]
        return [Batch(*rows, len(rows[0])) for rows in zip(parts, pictures, labels, strict=True)]


def _ahead(
    portions: Sequence[NDArray[np.int64]], make: Callable[[NDArray[np.int64]], list[Batch]]
) -> Generator[Batch]:
    """Yield the batches that ``make`` makes of portions: a thread makes the next while one is used."""
    if len(portions) == 1:
        yield from make(portions[0])
        return
    with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
        pending: Future[list[Batch]] | None = None
        for portion in portions:
            ahead = thread.submit(make, portion)
            if pending is not None:
                yield from pending.result()
            pending = ahead
        if pending is not None:
            yield from pending.result()
