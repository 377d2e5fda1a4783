"""Bilinear resizing along one axis: what resize and random_scale share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Floats


def places(first: int, count: int, extent: int, whole: int, scale: float) -> NDArray[np.float64]:
    """Return where ``count`` pixels from ``first`` on, of ``extent`` in all, lie among ``whole`` pixels.

    Their middle is that of the whole; cuda-convnet keeps them between 0 and whole − 1.01.
    """
    found = np.arange(first, first + count) * scale + (whole - extent * scale) / 2
    return np.clip(found, 0.0, max(0.0, whole - 1.01))


def along(pictures: Floats, axis: int, at: NDArray[np.float64]) -> Floats:
    """Return what lies at places along an axis; between two pixels, the nearer one counts more."""
    first: NDArray[np.int64] = at.astype(np.int64)
    shape = [1] * pictures.ndim
    shape[axis] = len(at)
    nearness = (at - first).reshape(shape).astype(pictures.dtype)
    after = np.minimum(first + 1, pictures.shape[axis] - 1)
    taken: Floats = pictures.take(first, axis) * (1 - nearness) + pictures.take(after, axis) * nearness
    return taken
