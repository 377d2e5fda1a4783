"""How pictures become numbers around zero, of the size that a network sees: ``(picture - mean) * scale``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Pictures, in_parts
from engine.graph.settings import DataSettings

_IN_CACHE = 2**18
"""Bytes of prepared pictures that are worked on at once, so that they stay in the processor's cache."""

Size = tuple[int, int]
"""Height and width in px."""


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """Subtracts ``mean``, multiplies by ``scale``, and cuts crops of ``size`` out.

    ``mean``: float64, broadcast to the pictures' ``shape`` (height, width, channels); it is cropped with the
    picture, as cuda-convnet does. Around picture and mean lies a ``border`` of zeros, in px.
    """

    mean: NDArray[np.float64]
    scale: float
    shape: tuple[int, int, int]
    size: Size
    border: int = 0

    @classmethod
    def fit(cls, pictures: Pictures, settings: DataSettings, size: Size | None = None) -> Preprocessing:
        """Take the mean over the training ``pictures``, (N, height, width, channels).

        ``size`` is that of the crops; None is the pictures' own. Whole numbers are added, so the order of the
        pictures does not matter.
        """
        height, width, channels = pictures.shape[1:]
        shape = (height, width, channels)
        mean = fit_mean(pictures, settings.mean)
        return cls(mean, settings.scale, shape, size or (height, width), settings.border)

    @property
    def room(self) -> Size:
        """How far the upper left corner of a crop can be moved, in px."""
        return tuple(  # type: ignore[return-value]
            extent + 2 * self.border - crop for extent, crop in zip(self.shape, self.size, strict=False)
        )

    @property
    def middle(self) -> Size:
        """The corner of the crop in the middle."""
        return self.room[0] // 2, self.room[1] // 2

    def apply(self, pictures: NDArray[np.uint8], out: NDArray[np.floating[Any]]) -> None:
        """Write the prepared middles of ``pictures`` to ``out``, (N, \\*size, channels)."""
        (rows, inner_rows), (columns, inner_columns) = (
            self._overlap(axis, place) for axis, place in enumerate(self.middle)
        )
        mean = self._mean(out.dtype)[rows, columns]
        if self.border:
            out[...] = 0.0
        together = max(1, _IN_CACHE // (mean.nbytes or 1))
        for start in range(0, len(pictures), together):
            some = slice(start, start + together)
            part = out[some, inner_rows, inner_columns]
            np.subtract(pictures[some, rows, columns], mean, out=part)
            part *= self.scale

    def cut(
        self,
        pictures: NDArray[np.uint8],
        corners: NDArray[np.integer[Any]],
        mirrored: NDArray[np.bool_],
        out: NDArray[np.floating[Any]],
    ) -> None:
        """Write a prepared crop of each picture to ``out``, (N, \\*size, channels).

        ``corners``: (N, 2), rows and columns from the upper left corner of the border, up to ``room``;
        ``mirrored``: (N,), which crops are mirrored left to right.
        """
        mean = self._mean(out.dtype)
        means = {False: mean, True: np.ascontiguousarray(mean[:, ::-1])}
        if self.border:
            out[...] = 0.0
        for picture, (top, left), mirror, crop in zip(
            pictures, corners.tolist(), mirrored.tolist(), out, strict=True
        ):
            rows, inner_rows = self._overlap(0, top)
            columns, inner_columns = self._overlap(1, left)
            window = picture[rows, columns]
            if mirror:
                window = _mirror(window)
                columns = _from_right(columns, self.shape[1])
                inner_columns = _from_right(inner_columns, self.size[1])
            # One step after the other, so that a picture stays in the processor's cache.
            part = crop[inner_rows, inner_columns]
            np.subtract(window, means[mirror][rows, columns], out=part)
            part *= self.scale

    def _mean(self, dtype: np.dtype[Any]) -> NDArray[np.floating[Any]]:
        return np.broadcast_to(self.mean, self.shape).astype(dtype)

    def _overlap(self, axis: int, place: int) -> tuple[slice, slice]:
        """Where crop and picture meet along an axis: within the picture, and within the crop."""
        start = place - self.border
        stop = start + self.size[axis]
        first, last = max(start, 0), min(stop, self.shape[axis])
        return slice(first, last), slice(first - start, last - start)


def _mirror(window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mirror a picture left to right, moving whole pixels."""
    pixels = np.ascontiguousarray(window).view(f"V{window.shape[-1]}")
    return np.ascontiguousarray(pixels[:, ::-1]).view(np.uint8)


def _from_right(columns: slice, width: int) -> slice:
    return slice(width - columns.stop, width - columns.start)


def fit_mean(pictures: Pictures, kind: str) -> NDArray[np.float64]:
    """Return the mean over ``pictures``, to be broadcast to (height, width, channels).

    ``kind``: ``"picture"`` for the mean of each pixel and channel (as cuda-convnet does), ``"channel"`` for
    that of each channel, ``"scalar"`` for that of all values, ``"none"`` for 0.
    """
    if kind == "none":
        return np.zeros(1)
    total = np.zeros(pictures.shape[1:], np.int64)
    for part in in_parts(pictures):
        total += part.sum(0, dtype=np.int64)
    axes = {"picture": (), "channel": (0, 1), "scalar": (0, 1, 2)}[kind]
    count = len(pictures) * np.prod([total.shape[axis] for axis in axes], dtype=np.int64)
    return np.asarray(total.sum(axes) / count, np.float64)
