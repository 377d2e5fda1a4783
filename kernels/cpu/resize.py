"""Bilinear resize. It has no gradient.

    y[p, q] = x at (s(p), s(q)),    s(p) = p · scale + (H − P · scale) / 2, kept between 0 and H − 1.01

Between pixels, the four around are weighted by how near they are.

Source: cuda-convnet, layer type resize.

x    (N, H, W, C)
y    (N, P, Q, C)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import Floats
from kernels.cpu._window import image_groups


def forward(*, x: Floats, y: Floats, scale: float) -> None:
    """Write the resized pictures y."""
    for group in image_groups(x.shape):
        y[group] = _along(_along(x[group], 1, y.shape[1], scale), 2, y.shape[2], scale)


def _along(pictures: Floats, axis: int, extent: int, scale: float) -> Floats:
    """Return pictures with ``extent`` pixels along an axis."""
    whole = pictures.shape[axis]
    places = np.arange(extent) * scale + (whole - extent * scale) / 2
    places = np.clip(places, 0.0, max(0.0, whole - 1.01))
    first: NDArray[np.int64] = places.astype(np.int64)
    shape = [1] * pictures.ndim
    shape[axis] = extent
    nearness = (places - first).reshape(shape).astype(pictures.dtype)
    after = np.minimum(first + 1, whole - 1)
    taken: Floats = pictures.take(first, axis) * (1 - nearness) + pictures.take(after, axis) * nearness
    return taken
