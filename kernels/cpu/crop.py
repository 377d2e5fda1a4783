"""Crop: a part of each picture. It has no gradient.

    y[p, q] = x[start + p, start + q]

Source: cuda-convnet2, layer type crop.

x    (N, H, W, C)
y    (N, P, Q, C)
"""

from __future__ import annotations

from kernels.arrays import Floats, Pair


def forward(*, x: Floats, y: Floats, start: Pair) -> None:
    """Write the crops y."""
    y[...] = x[:, start[0] : start[0] + y.shape[1], start[1] : start[1] + y.shape[2]]
