"""Pictures with the classes that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.graph.data_fit import DataFacts

SplitName: TypeAlias = Literal["train", "validation", "test"]

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")

_PART_BYTES = 32 << 20


class Pictures(Protocol):
    """Pictures in memory or on the disk, uint8 (N, height, width, channels): an array, or read like one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, positions: Any, /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, eq=False)
class PictureRows:
    """Some of the pictures of a larger array, which stays where it is."""

    pictures: Pictures
    rows: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), *self.pictures.shape[1:]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, positions: Any, /) -> NDArray[np.uint8]:
        return self.pictures[self.rows[positions]]


def in_parts(pictures: Pictures) -> Iterator[NDArray[np.uint8]]:
    """Yield all pictures in order, a few megabytes at a time."""
    count = max(1, _PART_BYTES // int(np.prod(pictures.shape[1:])))
    for first in range(0, len(pictures), count):
        yield pictures[first : first + count]


@dataclass(frozen=True, eq=False)
class Split:
    """Examples for one use. ``pictures``: (N, height, width, channels); ``labels``: (N,)."""

    pictures: Pictures
    labels: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, positions: NDArray[np.int64]) -> Split:
        """Return the examples at ``positions``, in that order, with the pictures where they are."""
        return Split(PictureRows(self.pictures, positions), self.labels[positions])

    def take(self, positions: NDArray[np.int64]) -> Split:
        """Return the examples at ``positions``, in that order, in memory."""
        return Split(self.pictures[positions], self.labels[positions])


@dataclass(frozen=True)
class Skipped:
    """A file that was left out: its ``name`` and the ``reason``."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: label k is the class ``class_names[k]``. ``skipped`` are files that could not be used."""

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[SplitName, Split]
    skipped: tuple[Skipped, ...] = ()

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """Height and width in pixels, and the number of channels."""
        _, height, width, channels = self.splits["train"].pictures.shape
        return height, width, channels

    @property
    def facts(self) -> DataFacts:
        """What a network has to know of the data set."""
        return DataFacts(self.name, self.picture_shape, len(self.class_names))

    def split(self, name: SplitName) -> Split:
        """Return the examples for training, validation or test."""
        return self.splits[name]
