"""Response normalisation across maps.

    y[…, f] = x[…, f] · d[…, f]^−power
    d[…, f] = minimum + (scale / size) · Σ_g x[…, g]²

over the maps g from f − ⌊size/2⌋ on, ``size`` of them as far as there are so many; if ``blocked``, over the
maps with ⌊g / size⌋ = ⌊f / size⌋.

Source: cuda-convnet, layer type cmrnorm; Krizhevsky, Sutskever, Hinton 2012, section 3.3.

x, dx, y, dy    (N, H, W, C)
denominators    (N, H, W, C)    d, kept for the gradient
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._norm import block_sums, pull, respond, window_sums
from kernels.cpu._pieces import write
from kernels.cpu._window import image_groups


def forward(
    *,
    x: Floats,
    denominators: Floats,
    y: Floats,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
) -> None:
    """Write the responses y and the denominators."""
    for group in image_groups(x.shape):
        squares = np.square(x[group])
        sums = block_sums(squares, size) if blocked else window_sums(squares, size, (3,))
        denominators[group] = minimum + scale / size * sums
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
    blocked: bool,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    for group in image_groups(x.shape):
        direct, pulled = pull(x[group], denominators[group], dy[group], power)
        sums = block_sums(pulled, size) if blocked else window_sums(pulled, size, (3,), transposed=True)
        write(dx[group], direct - 2 * power * scale / size * x[group] * sums, accumulate)
