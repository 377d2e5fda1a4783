"""Where each layer runs, and which rows of a batch belong to which rank and pass."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.errors import PlanError, SplitError
from engine.graph.split import LayerSplit, Placement, Scheme, Split
from engine.layers.batch_norm import OF_DEVICE, BatchNorm
from engine.plan.analysis.infer import InferredLayer
from engine.plan.types import Rows, Shares
from engine.words import Words


@dataclass(frozen=True)
class Place:
    """A layer's placement over ``ranks``. On one rank all placements are the same."""

    placement: Placement
    ranks: tuple[int, ...]

    @property
    def shares_examples(self) -> bool:
        """Whether each rank has some of the examples."""
        return self.placement == "data" and len(self.ranks) > 1


@dataclass(frozen=True)
class BatchOrder:
    """How the rows of a batch are shared out over all ranks: ``shares`` of ``rows``, in that order.

    ``passes`` are the rows of each pass, a single () where there is one pass.
    """

    shares: Shares
    rows: Rows
    passes: tuple[Rows, ...]


def even(extent: int, ranks: tuple[int, ...]) -> Shares:
    """Return shares that differ by one at most, the larger ones first."""
    whole, left = divmod(extent, len(ranks))
    sizes = [whole + (index < left) for index in range(len(ranks))]
    return Shares(ranks, (0, *itertools.accumulate(sizes)))


class Sourced(Protocol):
    """A layer that knows the ``sources`` of its inputs."""

    @property
    def sources(self) -> Sequence[str]: ...


def place_layers(layers: Mapping[str, Sourced], split: Split) -> dict[str, Place]:
    """Return where each layer runs; one that the split does not name runs where its first input does.

    Layers without inputs that are not named are on every rank. Raises PlanError for names of layers or
    devices that are not there.
    """
    named = dict(split.layers)
    for name in named:
        if name not in layers:
            raise _error(split, Words("a layer {layer} in the network", layer=name), "none of this name")
    if not split.devices or len(set(split.devices)) < len(split.devices):
        raise _error(split, "devices of different names", ", ".join(split.devices) or "none")
    every = tuple(range(len(split.devices)))
    places: dict[str, Place] = {}
    for name, layer in layers.items():
        if name in named:
            places[name] = Place(named[name].placement, _ranks(split, name, named[name]))
        else:
            places[name] = places[layer.sources[0]] if layer.sources else Place("replicated", every)
    return places


def _ranks(split: Split, name: str, layer: LayerSplit) -> tuple[int, ...]:
    for device in layer.devices:
        if device not in split.devices:
            expected = Words("one of the devices {devices}", devices=", ".join(split.devices))
            raise _layer_error(name, expected, device)
    chosen = layer.devices or split.devices
    return tuple(sorted({split.devices.index(device) for device in chosen}))


def layers_in_passes(
    layers: Mapping[str, InferredLayer], places: Mapping[str, Place], split: Split
) -> frozenset[str]:
    """Return the layers that take a batch in several passes: all that come after layers sharing out examples.

    Raises PlanError where one of them is followed by a layer that shares out examples: that needs the whole
    batch at once.
    """
    if split.scheme == "a":
        return frozenset()
    after: set[str] = set()
    for name, layer in layers.items():
        if places[name].shares_examples:
            if after.intersection(layer.sources):
                found = Words("one after {layer}, which sees them in passes", layer=layer.sources[0])
                raise _layer_error(name, "layers that share out the examples to come first", found)
        elif any(source in after or places[source].shares_examples for source in layer.sources):
            after.add(name)
    return frozenset(after)


def own_statistics(layers: Mapping[str, InferredLayer]) -> frozenset[str]:
    """Return the layers that normalise each device's examples by themselves."""
    return frozenset(
        name
        for name, layer in layers.items()
        if isinstance(layer.layer, BatchNorm) and layer.layer.statistics == OF_DEVICE
    )


def order_batch(batch_size: int, split: Split, scheme: Scheme) -> BatchOrder:
    """Return how a batch is shared out over all of a split's devices under a scheme.

    Scheme a has one pass. In b, pass p takes the rows of rank p. In c, each pass takes some rows of every
    rank; a rank's rows are then not all neighbours in the batch, but those of a pass are. Raises PlanError
    where a share would be empty.
    """
    ranks = tuple(range(len(split.devices)))
    pieces = len(ranks) ** 2 if scheme == "c" else len(ranks)
    if batch_size < pieces and len(ranks) > 1:
        raise _error(split, Words("a batch of at least {count} examples", count=pieces), str(batch_size))
    shares = even(batch_size, ranks)
    blocks = tuple(((first, last),) for first, last in itertools.pairwise(shares.offsets))
    if scheme == "a" or len(ranks) == 1:
        return BatchOrder(shares, (), ((),))
    if scheme == "b":
        return BatchOrder(shares, (), blocks)
    inner = [(first, even(last - first, ranks).offsets) for ((first, last),) in blocks]
    by_rank = [
        [(first + offsets[rank], first + offsets[rank + 1]) for first, offsets in inner] for rank in ranks
    ]
    sizes = [sum(last - first for first, last in ranges) for ranges in by_rank]
    return BatchOrder(
        Shares(ranks, (0, *itertools.accumulate(sizes))), tuple(itertools.chain(*by_rank)), blocks
    )


def _error(split: Split, expected: str, found: str) -> SplitError:
    return SplitError(split=split.name, expected=expected, found=found, hint="Change the split.")


def _layer_error(layer: str, expected: str, found: str) -> PlanError:
    return PlanError(layer=layer, expected=expected, found=found, hint="Change the split.")
