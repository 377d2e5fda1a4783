"""The crops of a test picture over which a network's answers are averaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.preprocessing import Preprocessing


@dataclass(frozen=True)
class View:
    """A crop: where it lies in the room for crops, 0 to 2 halves down and across, and whether mirrored."""

    down: int
    across: int
    mirrored: bool = False


_CORNERS = ((0, 0), (0, 2), (1, 1), (2, 0), (2, 2))
VIEWS: dict[str, tuple[View, ...]] = {
    "one": (View(1, 1),),
    "ten": tuple(View(*place, mirrored) for mirrored in (False, True) for place in _CORNERS),
    "nine": tuple(View(down, across) for down in range(3) for across in range(3)),
}
"""The views of a test by their name in the network file: those of cuda-convnet (10) and cuda-convnet2 (9)."""


class Views:
    """Cuts the same views out of each picture, one view of a whole batch at a time."""

    def __init__(self, preprocessing: Preprocessing, kind: str) -> None:
        self._preprocessing = preprocessing
        self._views = VIEWS[kind]

    def __len__(self) -> int:
        return len(self._views)

    def each(
        self, pictures: NDArray[np.uint8], out: NDArray[np.floating[Any]]
    ) -> Iterator[NDArray[np.floating[Any]]]:
        """Write view after view of ``pictures``, prepared, to ``out``, and yield it each time.

        The mean of a network's probabilities over all views is its answer.
        """
        room = np.array(self._preprocessing.room)
        count = len(pictures)
        for view in self._views:
            corner = np.array((view.down, view.across)) * room // 2
            corners = np.broadcast_to(corner, (count, 2))
            self._preprocessing.cut(pictures, corners, np.full(count, view.mirrored), out)
            yield out
