"""Response normalisation within each map.

    y[p, q] = x[p, q] · d[p, q]^−power
    d[p, q] = minimum + (scale / size²) · Σ x²

over the size × size pixels from (p − ⌊size/2⌋, q − ⌊size/2⌋) on, as far as they are inside the picture.

Source: cuda-convnet, layer type rnorm.

x, dx, y, dy    (N, H, W, C)
denominators    (N, H, W, C)    d, kept for the gradient
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._norm import pull, respond, window_sums
from kernels.cpu._pieces import write
from kernels.cpu._window import image_groups


def forward(
    *, x: Floats, denominators: Floats, y: Floats, size: int, scale: float, power: float, minimum: float
) -> None:
    """Write the responses y and the denominators."""
    for group in image_groups(x.shape):
        sums = window_sums(np.square(x[group]), size, (1, 2))
        denominators[group] = minimum + scale / size**2 * sums
        respond(x[group], denominators[group], power, y[group])


def backward(
    *,
    x: Floats,
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
    for group in image_groups(x.shape):
        direct, pulled = pull(x[group], denominators[group], dy[group], power)
        sums = window_sums(pulled, size, (1, 2), transposed=True)
        write(dx[group], direct - 2 * power * scale / size**2 * x[group] * sums, accumulate)
