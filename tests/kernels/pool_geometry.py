"""Pooling geometries, and which pixels each window sees, by plain loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest


class PoolGeometry(NamedTuple):
    """One pooling; the last windows of each axis, ``left_out``, may be missing."""

    picture: tuple[int, int, int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    start: tuple[int, int]
    left_out: int = 0

    @property
    def maps(self) -> tuple[int, int, int, int]:
        """Shape of the pooled maps: as many windows as cover the picture from ``start`` on, but for some."""
        extents = zip(self.picture[1:3], self.size, self.stride, self.start, strict=True)
        rows, columns = (1 + -(-(extent - start - k) // s) for extent, k, s, start in extents)
        return (self.picture[0], rows - self.left_out, columns - self.left_out, self.picture[3])

    @property
    def attributes(self) -> dict[str, Any]:
        """What the kernel is told."""
        return {"size": self.size, "stride": self.stride, "start": self.start}

    def windows(self) -> Iterator[tuple[tuple[int, int, int, int], list[tuple[int, int, int, int]]]]:
        """Yield each place of the maps with the pixels inside the picture that its window sees."""
        _, height, width, _ = self.picture
        for n, p, q, c in np.ndindex(self.maps):
            top, left = p * self.stride[0] + self.start[0], q * self.stride[1] + self.start[1]
            rows = [row for row in range(top, top + self.size[0]) if 0 <= row < height]
            columns = [column for column in range(left, left + self.size[1]) if 0 <= column < width]
            yield (n, p, q, c), [(n, row, column, c) for row in rows for column in columns]


GEOMETRIES = {
    "fits": PoolGeometry((1, 4, 6, 1), (2, 2), (2, 2), (0, 0)),
    "overlaps": PoolGeometry((5, 5, 4, 3), (3, 3), (1, 1), (0, 0)),
    "stride 2, overhangs": PoolGeometry((5, 6, 5, 3), (3, 2), (2, 2), (0, 0)),
    "stride 3, overhangs": PoolGeometry((1, 8, 7, 3), (4, 3), (3, 3), (0, 0)),
    "begins outside": PoolGeometry((2, 5, 6, 1), (3, 3), (2, 2), (-1, -2)),
    "the last windows left out": PoolGeometry((3, 9, 8, 2), (3, 3), (2, 2), (-1, 0), 2),
    "the whole picture": PoolGeometry((5, 3, 4, 3), (3, 4), (1, 1), (0, 0)),
}

every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
