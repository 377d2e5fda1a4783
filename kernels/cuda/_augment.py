"""Prepares batches of pictures from their bytes, as engine/data does it on the CPU.

This is no operation of a plan: it fills the inputs between two steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types
from kernels.cuda._launch import address, pair_macros, picture_macros
from kernels.philox import Stream


@dataclass(frozen=True)
class Variation:
    """How pictures are varied: by what is drawn for (``seed``, ``epoch``, position in the split).

    ``middle`` is the corner of crops that are not random, ``room`` how far a corner may move; both from the
    corner of the ``border`` of zeros. Colours are divided by ``shrink`` after they were shifted.
    """

    seed: int
    epoch: int
    scale: float
    border: int
    room: Pair
    middle: Pair
    random_crop: bool
    mirror: bool
    shrink: float


def prepare(
    *,
    pictures: DeviceArray,
    classes: DeviceArray,
    order: DeviceArray,
    mean: DeviceArray,
    x: DeviceArray,
    labels: DeviceArray | None,
    first: int,
    valid: int,
    within_split: bool,
    how: Variation,
    components: DeviceArray | None = None,
) -> None:
    """Write the prepared pictures x, (N, h, w, C), and their labels (N,).

    ``pictures`` uint8 (M, H, W, C) and ``classes`` int32 (M,) are those of the batch, or of the whole split.
    ``order`` int64 tells, from ``first`` on, where in the split the ``valid`` pictures of the batch stand.
    ``mean`` (H, W, C) is of the type of sums. ``components`` float64 (C, C) of the colours, each times its
    deviation, are left out where colours stay.
    """
    _, height, width, _ = x.shape
    macros = {
        **types(x.dtype),
        **picture_macros(pictures.shape),
        **pair_macros("CROP", (height, width)),
        **pair_macros("ROOM", how.room),
        **pair_macros("MIDDLE", how.middle),
        "BORDER": how.border,
        "RANDOM_CROP": int(how.random_crop),
        "MIRROR": int(how.mirror),
        "COLOURS": int(components is not None),
        "WITHIN_SPLIT": int(within_split),
        "STREAM": int(Stream.AUGMENTATION),
    }
    kernel = function("_augment", "prepare", **macros)
    arrays = (pictures, classes, order, mean, address(components), x, address(labels))
    grid = (-(-height * width // BLOCK), len(x))
    kernel(grid, (BLOCK,), (*arrays, first, valid, how.seed, how.epoch, how.scale, how.shrink))
