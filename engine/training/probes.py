"""Which weights are kept to be looked at, and when."""

from __future__ import annotations

from collections.abc import Mapping

from engine.plan.analysis.infer import InferredLayer, all_weights
from engine.plan.types import ITEM_BYTES, DType

SNAPSHOTS = 80
"""How many snapshots a training keeps, as far as it has that many steps."""

LARGEST_SNAPSHOT = 2 * 1024 * 1024
"""Bytes; 80 snapshots then stay below 160 MB. Weights that come after it in the network are left out."""


def snapshot_steps(total_steps: int, count: int = SNAPSHOTS) -> frozenset[int]:
    """Return the steps to keep: 0, the last, and those between at equal ratios, each at least one apart."""
    steps = [0]
    while steps[-1] < total_steps:
        left = max(count - len(steps), 1)
        last = max(steps[-1], 1)
        steps.append(min(max(steps[-1] + 1, round(last * (total_steps / last) ** (1 / left))), total_steps))
    return frozenset(steps)


def probed_weights(layers: Mapping[str, InferredLayer], dtype: DType) -> tuple[str, ...]:
    """Return the names of the weight arrays to keep: convolutions first, as many as fit a snapshot."""
    arrays = [
        (len(weight.axes) != 4, name, weight.size * ITEM_BYTES[dtype])
        for name, weight in all_weights(layers).items()
        if weight.name != "biases"
    ]
    kept = []
    room = LARGEST_SNAPSHOT
    for _, name, nbytes in sorted(arrays, key=lambda array: array[0]):
        if nbytes <= room:
            kept.append(name)
            room -= nbytes
    return tuple(kept)
