"""How a network is split over logical devices A, B, …, as a network file holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Placement = Literal["data", "model", "replicated"]
PLACEMENTS: tuple[str, ...] = get_args(Placement)

Scheme = Literal["a", "b", "c"]
SCHEMES: tuple[str, ...] = get_args(Scheme)


Updates = Literal["step", "pass"]
UPDATES: tuple[str, ...] = get_args(Updates)


@dataclass(frozen=True)
class LayerSplit:
    """Where one layer runs: its ``placement`` over ``devices``, an empty tuple meaning all of the split's.

    ``data`` shares out its examples, ``model`` its filters or outputs; ``replicated`` repeats it on each.
    """

    placement: Placement
    devices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """A named split over logical devices. Layers that are not named inherit from their first input.

    ``scheme`` says how layers that share out their examples hand them to layers that do not: ``a``, each
    device assembles the whole batch; ``b``, in as many passes as there are devices, one device at a time
    hands its examples to all; ``c``, in as many passes, each time everyone hands some of its examples to all.
    ``updates`` says when layers that take the batch in passes are updated: once a step, by the sum of all
    passes, or after each pass, by what that alone has given.

    Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", section 4.
    """

    name: str
    devices: tuple[str, ...]
    layers: tuple[tuple[str, LayerSplit], ...] = ()
    scheme: Scheme = "a"
    updates: Updates = "step"


ONE_DEVICE = Split("one device", ("A",))
"""The whole network on one device."""
