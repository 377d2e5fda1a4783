"""Pooling of the pixel with the largest absolute value in each window.

    y[n, p, q, c] = the x[n, p·stride + i + start, q·stride + j + start, c] of the largest |x|

over the pixels inside the picture; of +x and −x, the first is kept. All pixels that are equal to what is kept
of their window get its gradient.

Source: cuda-convnet2, layer type pool, pool=maxabs.

x, dx     (N, H, W, C)    pictures, gradient of pictures
y, dy     (N, P, Q, C)    what is kept, and its gradient
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.arrays import Floats, Pair
from kernels.cpu._window import image_groups, taps


def forward(*, x: Floats, y: Floats, size: Pair, stride: Pair, start: Pair) -> None:
    """Write the pixels y."""
    y.fill(0)
    for group in image_groups(x.shape):
        for kept, seen in _taps(x[group], y[group], size, stride, start):
            np.copyto(kept, seen, where=np.abs(seen) > np.abs(kept))


def backward(
    *,
    x: Floats,
    y: Floats,
    dy: Floats,
    dx: Floats,
    size: Pair,
    stride: Pair,
    start: Pair,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    if not accumulate:
        dx.fill(0)
    for group in image_groups(x.shape):
        pixels = _taps(x[group], y[group], size, stride, start)
        gradients = _taps(dx[group], dy[group], size, stride, start)
        for (kept, seen), (gradient, result) in zip(pixels, gradients, strict=True):
            np.add(result, (seen == kept) * gradient, out=result)


def _taps(
    pictures: Floats, maps: Floats, size: Pair, stride: Pair, start: Pair
) -> Iterator[tuple[Floats, Floats]]:
    """Yield, for each place in a window, the views of ``maps`` and of ``pictures`` that it joins."""
    for rows, row_windows in taps(pictures.shape[1], maps.shape[1], size[0], stride[0], start[0]):
        for columns, windows in taps(pictures.shape[2], maps.shape[2], size[1], stride[1], start[1]):
            yield maps[:, row_windows, windows], pictures[:, rows, columns]
