"""Colours as people see their differences: CIE L*a*b*. It has no gradient.

    X = 0.49 · R + 0.31 · G + 0.2 · B
    Y = 0.17697 · R + 0.8124 · G + 0.01063 · B
    Z = 0.01 · G + 0.99 · B
    L = 116 · f(Y) − 16,    a = 500 · (f(X) − f(Y)),    b = 200 · (f(Y) − f(Z))
    f(t) = t^(1/3) where t > (6/29)³, else t · (29/6)² / 3 + 4/29

for R, G and B from 0 to 1. If ``centred``, L has 50 less.

Source: cuda-convnet, layer type rgb2lab.

x, y    (N, H, W, 3)
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Floats
from kernels.cpu._window import image_groups

_MATRIX = np.array([[0.49, 0.31, 0.2], [0.17697, 0.8124, 0.01063], [0.0, 0.01, 0.99]])
_KNEE = (6 / 29) ** 3


def forward(*, x: Floats, y: Floats, centred: bool) -> None:
    """Write the colours y."""
    for group in image_groups(x.shape):
        light = x[group] @ _MATRIX.T.astype(x.dtype)
        seen = np.where(light > _KNEE, np.cbrt(light), light * ((29 / 6) ** 2 / 3) + 4 / 29)
        y[group, ..., 0] = 116 * seen[..., 1] - (66 if centred else 16)
        y[group, ..., 1] = 500 * (seen[..., 0] - seen[..., 1])
        y[group, ..., 2] = 200 * (seen[..., 1] - seen[..., 2])
