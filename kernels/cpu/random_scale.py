"""Random scale: a random part of each picture at a random size. It has no gradient.

    y[p, q] = x at (s(top + p), s(left + q)),  s(p) = p · scale + (H − rows · scale) / 2,  scale = H / rows

with rows at random from ``least`` to H, columns = ⌊W · rows / H⌋, and top and left at random from 0 to
rows − P and columns − Q. Tests see the whole picture, resized to (P, Q).

A row of the batch takes one Philox block, keyed by (seed, stream, step, position in the global batch): its
words 0, 1, 2 choose H − rows, top and left, each by (word · choices) / 2³².

Source: cuda-convnet2, layer type rscale (there, one size and place for a whole batch).

x           (N, H, W, C)
y           (N, P, Q, C)
counters    int64[COUNTERS]    see kernels.control
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Floats
from kernels.control import OFFSET, SEED, STEP
from kernels.cpu._bilinear import along, places
from kernels.cpu._window import image_groups
from kernels.philox import blocks


def forward(*, x: Floats, counters: Counters, y: Floats, least: int, stream: int) -> None:
    """Write a part of each picture. Rows begin at position ``counters[OFFSET]``."""
    (_, height, width, _), (_, high, wide, _) = x.shape, y.shape
    words = blocks(
        1,
        seed=int(counters[SEED]),
        stream=stream,
        step=int(counters[STEP]),
        position=int(counters[OFFSET]) + np.arange(len(x)),
    )[:, 0]
    for picture, (smaller, top, left, _), part in zip(x, words.tolist(), y, strict=True):
        rows = height - (smaller * (height - least + 1) >> 32)
        columns = width * rows // height
        first_row, first_column = top * (rows - high + 1) >> 32, left * (columns - wide + 1) >> 32
        scale = height / rows
        lines = along(picture, 0, places(first_row, high, rows, height, scale))
        part[...] = along(lines, 1, places(first_column, wide, columns, width, scale))


def evaluate(*, x: Floats, y: Floats) -> None:
    """Write the pictures, resized."""
    (_, height, width, _), (_, high, wide, _) = x.shape, y.shape
    for group in image_groups(x.shape):
        lines = along(x[group], 1, places(0, high, high, height, height / high))
        y[group] = along(lines, 2, places(0, wide, wide, width, width / wide))
