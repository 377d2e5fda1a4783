"""Max pooling across maps.

    y[…, f] = max_i x[…, f·stride + i + start]

over the maps that there are. All maps that are as large as their window's maximum get its gradient.

Source: cuda-convnet2, layer type cmpool.

x, dx    (N, H, W, C)
y, dy    (N, H, W, F)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._window import taps


def forward(*, x: Floats, y: Floats, size: int, stride: int, start: int) -> None:
    """Write the maxima y."""
    y.fill(-np.inf)
    for maps, windows in taps(x.shape[3], y.shape[3], size, stride, start):
        np.maximum(y[..., windows], x[..., maps], out=y[..., windows])


def backward(
    *,
    x: Floats,
    y: Floats,
    dy: Floats,
    dx: Floats,
    size: int,
    stride: int,
    start: int,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the maps, or add it to dx."""
    if not accumulate:
        dx.fill(0)
    for maps, windows in taps(x.shape[3], y.shape[3], size, stride, start):
        dx[..., maps] += (x[..., maps] == y[..., windows]) * dy[..., windows]
