"""Assigns layers to ranks, as a split says.

A split over one device puts the whole network on rank 0. Splits over several devices are refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import PlanError
from engine.graph.split import Split
from engine.plan.analysis.infer import InferredLayer
from engine.plan.types import Communicator


@dataclass(frozen=True)
class Partition:
    """The ranks that each layer runs on, and the groups of ranks that communicate."""

    ranks: tuple[int, ...]
    layers: dict[str, tuple[int, ...]]
    communicators: tuple[Communicator, ...] = ()


def partition(layers: dict[str, InferredLayer], split: Split) -> Partition:
    """Return where each layer runs.

    Raises PlanError for a split over several devices, or one that names a layer that is not there.
    """
    for name, _ in split.layers:
        if name not in layers:
            raise PlanError(
                layer=name,
                expected="a layer of the network",
                found=f'none of this name in split "{split.name}"',
                hint="Remove it from the split.",
            )
    if len(split.devices) != 1:
        raise PlanError(
            layer=f'split "{split.name}"',
            expected="one device",
            found=f"{len(split.devices)}",
            hint="This version trains on one device.",
        )
    return Partition((0,), dict.fromkeys(layers, (0,)))
