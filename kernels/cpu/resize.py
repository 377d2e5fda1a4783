"""Bilinear resize. It has no gradient.

    y[p, q] = x at (s(p), s(q)),    s(p) = p · scale + (H − P · scale) / 2, kept between 0 and H − 1.01

Between pixels, the four around are weighted by how near they are.

Source: cuda-convnet, layer type resize.

x    (N, H, W, C)
y    (N, P, Q, C)
"""

from __future__ import annotations

from kernels.arrays import Floats
from kernels.cpu._bilinear import along, places
from kernels.cpu._window import image_groups


def forward(*, x: Floats, y: Floats, scale: float) -> None:
    """Write the resized pictures y."""
    (_, height, width, _), (_, rows, columns, _) = x.shape, y.shape
    for group in image_groups(x.shape):
        resized = along(x[group], 1, places(0, rows, rows, height, scale))
        y[group] = along(resized, 2, places(0, columns, columns, width, scale))
