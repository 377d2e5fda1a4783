"""Dropout: a random part of the units is silent in each training step.

    y = x · mask / keep,    mask = 1 with probability keep, else 0

or y = x · mask if not ``scaled``; testing then multiplies by keep.

A unit is kept if its 16 random bits are below keep · 2¹⁶. They are keyed by (seed, stream, step, position in
the global batch, unit), so that a batch that is split over devices draws the same masks as one device. Unit u
has the half (u mod 2), lower half first, of word (u mod 8) / 2 of Philox block u / 8.

Source: Srivastava et al. 2014, 'Dropout'; cuda-convnet2, layer types dropout and dropout2.

x, y, dy, dx    (N, …)           one shape; y may be x and dx may be dy
mask            (N, …) uint8     1 for kept units
counters        int64[COUNTERS]  see kernels.control
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kernels.arrays import Counters, Floats, Mask, Pair
from kernels.control import OFFSET, SEED, STEP
from kernels.cpu._pieces import pieces, write
from kernels.philox import blocks

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}

UNITS_IN_BLOCK: Final = 8


def forward(
    *,
    x: Floats,
    counters: Counters,
    mask: Mask,
    y: Floats,
    keep: float,
    stream: int,
    scaled: bool = True,
    channels: Pair | None = None,
) -> None:
    """Draw the mask and write the outputs y. Rows begin at position ``counters[OFFSET]``.

    ``channels`` are the place of the first channel, or unit, among all that are shared out, and their number.
    """
    if channels is None:
        _draw(mask.reshape(len(mask), -1), counters, keep, stream)
    else:
        first, count = channels
        whole = np.empty((*mask.shape[:-1], count), np.uint8)
        _draw(whole.reshape(len(mask), -1), counters, keep, stream)
        np.copyto(mask, whole[..., first : first + mask.shape[-1]])
    np.multiply(x, mask, out=y)
    if scaled:
        np.multiply(y, 1 / keep, out=y)


def backward(
    *, mask: Mask, dy: Floats, dx: Floats, keep: float, scaled: bool = True, accumulate: bool = False
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    kept, gradients, results = mask.reshape(-1), dy.reshape(-1), dx.reshape(-1)
    factor = 1 / keep if scaled else 1.0
    for piece in pieces(mask.size):
        write(results[piece], gradients[piece] * kept[piece] * factor, accumulate)


def _draw(mask: Mask, counters: Counters, keep: float, stream: int) -> None:
    """Draw ``mask`` (N, units)."""
    rows, units = mask.shape
    limit = round(keep * 65536)
    for group in pieces(rows, max(1, 2**18 // units)):
        words = blocks(
            -(-units // UNITS_IN_BLOCK),
            seed=int(counters[SEED]),
            stream=stream,
            step=int(counters[STEP]),
            position=int(counters[OFFSET]) + np.arange(group.start, group.stop),
        )
        bits = words.astype("<u4", copy=False).view("<u2").reshape(len(words), -1)
        np.less(bits[:, :units], limit, out=mask[group])
