"""Feeds a split to a GPU as bytes, which the GPU prepares itself.

Where there is room, the whole split lies on the GPU, and only the order of an epoch is sent. A larger one is
sent batch after batch: a thread gathers the next ones in pinned memory, and a stream of its own copies them
beside the training.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.data.augmentation import ColourNoise
from engine.data.dataset import in_parts
from engine.data.loader import Loader, Positioned, Target
from engine.data.views import Views

if TYPE_CHECKING:
    from engine.runtime.gpu import Gpu
    from kernels.cuda._augment import Variation

SHARE = 0.5
"""Of the memory that is free, what splits may take that lie on the GPU as a whole."""

_SLOTS = 3
"""Batches that are under way at a time, where a split is sent batch after batch."""

_READERS = 4
"""Threads that gather the pictures of such a batch."""


@dataclass(frozen=True, eq=False)
class GpuBatch:
    """A batch whose bytes are on the GPU, or on their way. ``order`` is that of the epoch, or its own."""

    loader: GpuLoader
    positions: NDArray[np.int64]
    epoch: int
    pictures: Any
    classes: Any
    order: Any
    first: int

    @property
    def valid(self) -> int:
        """How many rows hold an example."""
        return len(self.positions)

    def fill(self, target: Target) -> None:
        """Prepare the pictures right where they are wanted, which the loader knows."""
        self.loader.prepare(self)
        if not self.loader.writes_labels:
            target.feed_labels(self.loader.labels_of(self))


class GpuLoader:
    """Makes the batches of a Loader, in the same order and from the same random numbers, on a GPU.

    They are put into the GPU's arrays ``inputs``, which have those rows of a batch that ``loader`` reads, and
    ``labels``, where these have all rows: else they are for the host to put in.
    """

    def __init__(self, loader: Loader, gpu: Gpu, inputs: Sequence[Any], labels: Sequence[Any]) -> None:
        self._loader = loader
        self._gpu = gpu
        self._inputs = inputs
        self.writes_labels = loader.reads_all and all(len(array) == loader.batch_size for array in labels)
        self._labels = labels if self.writes_labels else ()
        cuts = np.flatnonzero(np.diff(loader.rows) != 1) + 1
        self._runs = [(run[0], run[-1] + 1) for run in np.split(loader.rows, cuts)]
        self._split: _Resident | _Streamed = (
            _Resident(loader, gpu) if _fits(loader, gpu) else _Streamed(loader, gpu)
        )
        how = loader.preprocessing
        sums = "float64" if inputs[0].dtype == np.float64 else "float32"
        self._mean = gpu.upload(np.broadcast_to(how.mean, how.shape).astype(sums))
        noise = self._noise
        self._components = None if noise is None else gpu.upload(noise.spread)

    def __len__(self) -> int:
        """The number of examples."""
        return len(self._loader)

    def epoch(self, epoch: int, start: int = 0, *, shuffle: bool = True) -> Generator[GpuBatch]:
        """Yield each example once, as Loader does."""
        for order, first, positions, pictures, classes in self._split.batches(epoch, start, shuffle):
            yield GpuBatch(self, positions, epoch, pictures, classes, order, first)

    def views(self, batch: Positioned, views: Views) -> Iterator[NDArray[np.floating[Any]]]:
        """Yield the pictures of ``batch`` once for each view, prepared by the CPU."""
        return self._loader.views(batch, views)

    def labels_of(self, batch: GpuBatch) -> NDArray[np.int32]:
        """Return the labels of all rows of a batch, on the host."""
        labels = np.zeros(self._loader.batch_size, np.int32)
        labels[: batch.valid] = self._loader.split.labels[batch.positions]
        return labels

    def prepare(self, batch: GpuBatch) -> None:
        """Write a batch to all inputs, and to labels."""
        from kernels.cuda._augment import prepare

        how = self._variation(batch.epoch)
        with self._gpu.stream:
            for x, labels in zip_longest(self._inputs, self._labels[: len(self._inputs)]):
                for at, end, first, valid in self._places(batch):
                    prepare(
                        pictures=batch.pictures,
                        classes=batch.classes,
                        order=batch.order,
                        mean=self._mean,
                        x=x[at:end],
                        labels=labels,
                        first=first,
                        valid=valid,
                        within_split=self._split.is_whole,
                        how=how,
                        components=self._components,
                    )
            for labels in self._labels[len(self._inputs) :]:
                labels[...] = self._labels[0]

    def _places(self, batch: GpuBatch) -> Iterator[tuple[int, int, int, int]]:
        """Yield where in the inputs rows begin and end, where their pictures stand, and how many there are.

        Of a split that lies here as a whole, a rank's rows are found by runs that follow one another; of one
        that is sent, nothing else was sent.
        """
        if not self._split.is_whole:
            yield 0, len(self._loader.rows), batch.first, len(self._loader.own(batch.positions))
            return
        at = 0
        for first, last in self._runs:
            end = at + int(last - first)
            valid = min(max(batch.valid - int(first), 0), end - at)
            yield at, end, batch.first + int(first), valid
            at = end

    @property
    def _noise(self) -> ColourNoise | None:
        varied = self._loader.augmentation
        return None if varied is None else varied.noise

    def _variation(self, epoch: int) -> Variation:
        from kernels.cuda._augment import Variation

        how, varied, noise = self._loader.preprocessing, self._loader.augmentation, self._noise
        return Variation(
            seed=self._loader.seed,
            epoch=epoch,
            scale=how.scale,
            border=how.border,
            room=how.room,
            middle=how.middle,
            random_crop=varied is not None and varied.random_crop,
            mirror=varied is not None and varied.mirror,
            shrink=1.0 if noise is None else 1.0 + noise.coefficient,
        )


_Piece = tuple[Any, int, NDArray[np.int64], Any, Any]
"""Order, where the batch begins in it, positions, pictures, classes."""


class _Resident:
    """A split that lies on the GPU as a whole. The order of the next epoch is drawn while one runs."""

    is_whole = True

    def __init__(self, loader: Loader, gpu: Gpu) -> None:
        self._loader = loader
        self._gpu = gpu
        self._pictures = gpu.empty(loader.split.pictures.shape, np.uint8)
        first = 0
        for part in in_parts(loader.split.pictures):
            gpu.write(self._pictures[first : first + len(part)], part)
            first += len(part)
        self._classes = gpu.upload(loader.split.labels)
        self._places = gpu.empty((len(loader),), np.int64)  # the order of the epoch that runs
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="order")
        self._ahead: dict[int, Future[NDArray[np.int64]]] = {}

    def batches(self, epoch: int, start: int, shuffle: bool) -> Iterator[_Piece]:
        order = self._order(epoch) if shuffle else self._loader.order(epoch, shuffle)
        self._gpu.write(self._places, order)
        for first in range(start, len(order), self._loader.batch_size):
            positions = order[first : first + self._loader.batch_size]
            yield self._places, first, positions, self._pictures, self._classes

    def _order(self, epoch: int) -> NDArray[np.int64]:
        drawn = self._ahead.pop(epoch, None)
        order = self._loader.order(epoch, shuffle=True) if drawn is None else drawn.result()
        self._ahead = {epoch + 1: self._thread.submit(self._loader.order, epoch + 1, shuffle=True)}
        return order


class _Streamed:
    """A split that is sent batch after batch, through slots of pinned memory and of the GPU's."""

    is_whole = False

    def __init__(self, loader: Loader, gpu: Gpu) -> None:
        self._loader = loader
        self._gpu = gpu
        readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")
        self._slots = [_Slot(loader, gpu, readers) for _ in range(_SLOTS)]

    def batches(self, epoch: int, start: int, shuffle: bool) -> Iterator[_Piece]:
        order = self._loader.order(epoch, shuffle)
        size = self._loader.batch_size
        waiting: deque[tuple[_Slot, NDArray[np.int64], Future[None]]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
            for number, first in enumerate(range(start, len(order), size)):
                slot, positions = self._slots[number % _SLOTS], order[first : first + size]
                waiting.append((slot, positions, thread.submit(slot.send, positions)))
                if len(waiting) == _SLOTS - 1:
                    yield from self._next(*waiting.popleft())
            while waiting:
                yield from self._next(*waiting.popleft())

    def _next(self, slot: _Slot, positions: NDArray[np.int64], sent: Future[None]) -> Iterator[_Piece]:
        sent.result()
        slot.begin_use()
        try:
            yield slot.positions, 0, positions, slot.pictures, slot.classes
        finally:
            slot.end_use()


class _Slot:
    """Room for one batch here and there. ``send`` runs on the loader's thread, the rest on the trainer's."""

    def __init__(self, loader: Loader, gpu: Gpu, readers: ThreadPoolExecutor) -> None:
        size, shape = len(loader.rows), loader.split.pictures.shape[1:]
        self._loader, self._split = loader, loader.split
        self._gpu = gpu
        self._readers = readers
        self._stream = gpu.new_stream()
        self._sent, self._used = gpu.new_event(), gpu.new_event()
        self.pictures = gpu.empty((size, *shape), np.uint8)
        self.classes = gpu.empty((size,), np.int32)
        self.positions = gpu.empty((size,), np.int64)
        self._here = {name: gpu.pinned(getattr(self, name)) for name in ("pictures", "classes", "positions")}

    def send(self, positions: NDArray[np.int64]) -> None:
        """Gather the examples and have them copied, once their place on the GPU is no longer used."""
        self._gpu.use()
        self._sent.synchronize()
        positions = self._loader.own(positions)
        for done in [self._readers.submit(self._read, positions, part) for part in range(_READERS)]:
            done.result()
        self._here["classes"][: len(positions)] = self._split.labels[positions]
        self._here["positions"][: len(positions)] = positions
        self._stream.wait_event(self._used)
        for name, content in self._here.items():
            getattr(self, name).set(content, stream=self._stream)
        self._sent.record(self._stream)

    def _read(self, positions: NDArray[np.int64], part: int) -> None:
        """Read every so many-th picture: one thread alone would be slower than the copy."""
        rows = slice(part, len(positions), _READERS)
        self._here["pictures"][rows] = self._split.pictures[positions[rows]]

    def begin_use(self) -> None:
        """Let the training wait for the copy."""
        self._gpu.stream.wait_event(self._sent)

    def end_use(self) -> None:
        """Let the next copy wait for the training so far."""
        self._used.record(self._gpu.stream)


def _fits(loader: Loader, gpu: Gpu) -> bool:
    return int(np.prod(loader.split.pictures.shape)) <= SHARE * gpu.free_bytes()
