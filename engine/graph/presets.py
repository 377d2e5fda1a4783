"""Splits that are made for a network: data, model and hybrid parallel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from engine.errors import SplitError
from engine.graph.layer_graph import LayerGraph
from engine.graph.mute import as_run
from engine.graph.split import ONE_DEVICE, SCHEMES, UPDATES, LayerSplit, Placement, Scheme, Split, Updates
from engine.layers.data import Data
from engine.words import Words

Preset = Literal["data", "model", "hybrid"]
PRESETS: tuple[str, ...] = get_args(Preset)


def choose_split(graph: LayerGraph, splits: tuple[Split, ...], name: str, count: int) -> Split:
    """Return the split over ``count`` devices of a ``name``: one of a file, data, model, hybrid, hybrid-b, …

    Without a name it is the first of the file over so many devices, or else data. Raises SplitError where
    there is none of that name, or where it has another number of devices.
    """
    fitting = [split for split in splits if len(split.devices) == count]
    if not name:
        if count == 1:
            return ONE_DEVICE
        return fitting[0] if fitting else choose_split(graph, splits, "data", count)
    for split in fitting:
        if split.name == name:
            return split
    preset, scheme, updates = [*name.split("-", 2), "", ""][:3]
    scheme, updates = scheme or SCHEMES[0], updates or UPDATES[0]
    if preset in PRESETS and scheme in SCHEMES and updates in UPDATES and not name.endswith("-"):
        devices = tuple(chr(ord("A") + number) for number in range(count))
        return preset_split(graph, preset, devices, scheme, updates)  # type: ignore[arg-type]
    raise SplitError(
        split=name,
        expected=Words(
            "{names}, hybrid-b, hybrid-c, either with -pass behind it, or a split of the file over {count} "
            "devices",
            names=", ".join(PRESETS),
            count=count,
        ),
        found="none of these",
        hint=Words("The file has {splits}.", splits=", ".join(split.name for split in splits)),
    )


def preset_split(
    graph: LayerGraph,
    preset: Preset,
    devices: tuple[str, ...],
    scheme: Scheme = "a",
    updates: Updates = "step",
) -> Split:
    """Return a preset split of a network over logical devices; the network must be free of circles.

    ``data`` shares out the examples in all layers, ``model`` the outputs of all layers with weights.
    ``hybrid`` shares out the examples up to the fully connected layers, and outputs from there on; ``scheme``
    says how the one hands over to the other, and ``updates`` when the latter learn.

    Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks".
    """
    placements = {"data": _data, "model": _model, "hybrid": _hybrid}[preset](as_run(graph))
    layers = tuple((name, LayerSplit(placement)) for name, placement in placements)
    if preset != "hybrid":
        return Split(preset, devices, layers)
    how = scheme if scheme == "a" or updates == "step" else f"{scheme}, per pass"
    return Split(f"hybrid ({how})", devices, layers, scheme, "step" if scheme == "a" else updates)


def _data(graph: LayerGraph) -> Iterator[tuple[str, Placement]]:
    for name in graph.order():
        if not graph.inputs(name):
            yield name, "data"


def _model(graph: LayerGraph) -> Iterator[tuple[str, Placement]]:
    for name in graph.order():
        if not graph.inputs(name):
            yield name, "replicated"
        elif graph[name].family in ("convolution", "dense"):
            yield name, "model"


def _hybrid(graph: LayerGraph) -> Iterator[tuple[str, Placement]]:
    """Name all layers: one that sees a fully connected layer comes after it, whatever its first input is."""
    outputs: set[str] = set()
    for name in graph.order():
        layer = graph[name]
        sources = [wire.source for wire in graph.inputs(name)]
        if layer.family == "dense" or outputs.intersection(sources):
            outputs.add(name)
            yield name, "model"
        elif sources or isinstance(layer, Data):
            yield name, "data"
        else:
            yield name, "replicated"
