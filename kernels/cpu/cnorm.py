"""Contrast normalisation within each map.

    y[p, q] = x[p, q] · d[p, q]^−power
    d[p, q] = minimum + (scale / size²) · Σ c²,    c = x − mean of x over the pixels around it

both over the size × size pixels from (p − ⌊size/2⌋, q − ⌊size/2⌋) on, as far as they are inside the picture.
The gradient is exact: cuda-convnet's leaves out how the mean depends on x.

Source: cuda-convnet, layer type cnorm.

x, dx, y, dy    (N, H, W, C)
contrasts       (N, H, W, C)    c, kept for the gradient
denominators    (N, H, W, C)    d, likewise
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._norm import pull, respond, window_sums
from kernels.cpu._pieces import write
from kernels.cpu._window import image_groups

_PLANE = (1, 2)


def forward(
    *,
    x: Floats,
    contrasts: Floats,
    denominators: Floats,
    y: Floats,
    size: int,
    scale: float,
    power: float,
    minimum: float,
) -> None:
    """Write the responses y, the contrasts and the denominators."""
    counts = _counts(x, size)
    for group in image_groups(x.shape):
        contrasts[group] = x[group] - window_sums(x[group], size, _PLANE) / counts
        sums = window_sums(np.square(contrasts[group]), size, _PLANE)
        denominators[group] = minimum + scale / size**2 * sums
        respond(x[group], denominators[group], power, y[group])


def backward(
    *,
    x: Floats,
    contrasts: Floats,
    denominators: Floats,
    dy: Floats,
    dx: Floats,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    counts = _counts(x, size)
    for group in image_groups(x.shape):
        direct, pulled = pull(x[group], denominators[group], dy[group], power)
        sums = window_sums(pulled, size, _PLANE, transposed=True)
        of_contrasts = -2 * power * scale / size**2 * contrasts[group] * sums
        of_means = window_sums(of_contrasts / counts, size, _PLANE, transposed=True)
        write(dx[group], direct + of_contrasts - of_means, accumulate)


def _counts(x: Floats, size: int) -> Floats:
    """Return how many pixels of each window are inside the picture, (1, H, W, 1)."""
    return window_sums(np.ones((1, *x.shape[1:3], 1), x.dtype), size, _PLANE)
