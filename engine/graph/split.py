"""How a network is split over logical devices A, B, …, as a network file holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Placement = Literal["data", "model", "replicated"]
PLACEMENTS: tuple[str, ...] = get_args(Placement)


@dataclass(frozen=True)
class LayerSplit:
    """Where one layer runs: its ``placement`` over ``devices``, an empty tuple meaning all of the split's."""

    placement: Placement
    devices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """A named split over logical devices. Layers that are not named inherit from their first input."""

    name: str
    devices: tuple[str, ...]
    layers: tuple[tuple[str, LayerSplit], ...] = ()


ONE_DEVICE = Split("one device", ("A",))
"""The whole network on one device."""
