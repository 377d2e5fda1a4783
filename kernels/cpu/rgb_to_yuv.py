"""Colours as brightness and two differences. It has no gradient.

    Y =  0.2126  · R + 0.7152  · G + 0.0722  · B
    U = −0.09991 · R − 0.33609 · G + 0.436   · B
    V =  0.615   · R − 0.55861 · G − 0.05639 · B

Source: cuda-convnet, layer type rgb2yuv (ITU-R BT.709).

x, y    (N, H, W, 3)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats

_MATRIX = np.array([[0.2126, 0.7152, 0.0722], [-0.09991, -0.33609, 0.436], [0.615, -0.55861, -0.05639]])


def forward(*, x: Floats, y: Floats) -> None:
    """Write the colours y."""
    np.matmul(x, _MATRIX.T.astype(x.dtype), out=y)
