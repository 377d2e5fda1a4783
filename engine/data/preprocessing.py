"""How pictures become numbers around zero: ``(picture - mean) * scale``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AXES = {"picture": (0,), "channel": (0, 1, 2)}


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """Subtracts ``mean``, float64, broadcast to (height, width, channels), and multiplies by ``scale``."""

    mean: NDArray[np.float64]
    scale: float

    @classmethod
    def fit(cls, pictures: NDArray[np.uint8], mean: str, scale: float) -> Preprocessing:
        """Take the mean over the training ``pictures``, (N, height, width, channels).

        ``mean``: ``"picture"`` for the mean of each pixel and channel (as cuda-convnet does), ``"channel"``
        for the mean of each channel, ``"none"`` for 0. Whole numbers are added, so the order does not matter.
        """
        if mean == "none":
            return cls(np.zeros(pictures.shape[-1]), scale)
        axes = _AXES[mean]
        count = np.prod([pictures.shape[axis] for axis in axes])
        return cls(pictures.sum(axes, dtype=np.int64) / count, scale)

    def apply(self, pictures: NDArray[np.uint8], out: NDArray[np.floating[Any]]) -> None:
        """Write the prepared ``pictures`` to ``out``, of the same shape."""
        np.subtract(pictures, self.mean.astype(out.dtype), out=out)
        out *= self.scale
