"""How the network is split over logical devices: its first split, and what can be done to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import PlanError
from engine.graph.presets import Preset, preset_split
from engine.graph.split import ONE_DEVICE, LayerSplit, Placement, Scheme, Split, Updates
from engine.plan.analysis.partition.places import Place, place_layers
from studio.models.document import Document
from studio.models.edits import SetSplits, Title

MOST_DEVICES = 8
"""Logical devices that can be chosen here; a file may have more."""

_PRESETS: tuple[Preset, ...] = ("data", "model", "hybrid")

OWN = "own"
"""The name of a split that was made layer by layer."""


@dataclass(frozen=True)
class _Sources:
    """The layers that a layer gets its inputs from."""

    sources: tuple[str, ...]


def split_of(document: Document) -> Split:
    """Return the split that a training of the document uses."""
    return document.network.splits[0]


def places(document: Document) -> dict[str, Place]:
    """Return where each layer runs; nothing where the layers go round in a circle, or the split is wrong."""
    graph = document.network.graph
    try:
        layers = {name: _Sources(tuple(wire.source for wire in graph.inputs(name))) for name in graph.order()}
        return place_layers(layers, split_of(document))
    except PlanError:
        return {}


def device_names(count: int) -> tuple[str, ...]:
    """Return logical devices A, B, …"""
    return tuple(chr(ord("A") + number) for number in range(count))


def use_one_device(document: Document) -> None:
    """Train the network on one device."""
    _use(document, ONE_DEVICE, Title("Train on one device"))


def use_preset(
    document: Document, preset: Preset, count: int, scheme: Scheme = "a", updates: Updates = "step"
) -> None:
    """Split the network over so many devices as a preset does."""
    split = preset_split(document.network.graph, preset, device_names(count), scheme, updates)
    _use(document, split, Title("Split {name} over {count} devices", {"name": split.name, "count": count}))


def preset_of(document: Document) -> Preset | None:
    """Return the preset that the split was made by; None for one of the person's own."""
    name = split_of(document).name.partition(" ")[0]
    return next((preset for preset in _PRESETS if preset == name), None)


def place(
    document: Document, names: Iterable[str], placement: Placement | None, devices: tuple[str, ...] = ()
) -> None:
    """Place layers of their own: over ``devices``, () meaning all; with None, where their first input is."""
    split = split_of(document)
    wanted = list(names)
    layers = {name: chosen for name, chosen in split.layers if name not in wanted}
    if placement is not None:
        every = set(devices) == set(split.devices)
        layers |= dict.fromkeys(wanted, LayerSplit(placement, () if every else devices))
    order = [name for name in document.network.graph.layers() if name in layers]
    after = dataclasses.replace(split, name=OWN, layers=tuple((name, layers[name]) for name in order))
    title = Title("Place {name}", {"name": wanted[0] if len(wanted) == 1 else f"{len(wanted)} layers"})
    _use(document, after, title)


def chosen_for(document: Document, name: str) -> LayerSplit | None:
    """Return what the split says of a layer; None where that follows from its inputs."""
    return dict(split_of(document).layers).get(name)


def _use(document: Document, split: Split, title: Title) -> None:
    before = document.network.splits
    document.do(title, SetSplits(before, (split, *before[1:])))
