"""Pictures in memory with the classes that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

SplitName: TypeAlias = Literal["train", "validation", "test"]

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Examples for one use. ``pictures``: (N, height, width, channels); ``labels``: (N,)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, positions: NDArray[np.int64]) -> Split:
        """Return the examples at ``positions``, in that order."""
        return Split(self.pictures[positions], self.labels[positions])


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: label k is the class ``class_names[k]``."""

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[SplitName, Split]

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """Height and width in pixels, and the number of channels."""
        _, height, width, channels = self.splits["train"].pictures.shape
        return height, width, channels

    def split(self, name: SplitName) -> Split:
        """Return the examples for training, validation or test."""
        return self.splits[name]
