"""Divides examples so that every part has each class in proportion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.philox import Stream, permutation


def stratified_parts(
    labels: NDArray[np.int32], fractions: Sequence[float], seed: int
) -> list[NDArray[np.int64]]:
    """Divide the examples into one part for each fraction, and a last part with all that are left.

    Of each class, a part gets its fraction, rounded to the nearest whole number. The parts are positions in
    ascending order; the same labels and seed always give the same parts.
    """
    cuts: list[list[NDArray[np.int64]]] = [[] for _ in range(len(fractions) + 1)]
    for label in np.unique(labels).tolist():
        members = np.flatnonzero(labels == label)
        members = members[permutation(len(members), seed, Stream.SPLIT, epoch=label)]
        for part, fraction in zip(cuts, fractions, strict=False):
            count = int(fraction * np.count_nonzero(labels == label) + 0.5)
            part.append(members[:count])
            members = members[count:]
        cuts[-1].append(members)
    return [np.sort(np.concatenate(part)) for part in cuts]
