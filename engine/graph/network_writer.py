"""What a network file holds for a network, as plain values, and a hash that tells networks apart by it."""

from __future__ import annotations

import dataclasses
import hashlib
import json

from engine.graph.layer_graph import LayerGraph
from engine.graph.network import NetworkFile
from engine.graph.schedules import Schedule
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import SCHEMES, UPDATES, Split
from engine.layers.base import Layer
from engine.layers.fields import field_specs

FORMAT = "convnet-studio network"
VERSION = 1


def dump_network(network: NetworkFile) -> dict[str, object]:
    """Return a network file's content before it becomes JSON."""
    canvas = _dump_canvas(network)
    return {"format": FORMAT, "version": VERSION, **_dump_trained(network, brief=False), "canvas": canvas}


def network_sha256(network: NetworkFile) -> str:
    """Return a hash of what a training depends on: all of the file but the drawing.

    What is as it is by default is left out, so that a setting that a later version adds changes no hash.
    """
    content = json.dumps(_dump_trained(network, brief=True), sort_keys=True, allow_nan=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _dump_trained(network: NetworkFile, *, brief: bool) -> dict[str, object]:
    """Return all but the drawing; ``brief``: without fields that have their default values."""
    graph, training = network.graph, network.training
    schedule = {"kind": training.schedule.kind, **_dump_fields(training.schedule, brief=brief)}
    return {
        "layers": [dump_layer(graph, name, brief=brief) for name in graph],
        "training": {"schedule": schedule, **_dump_fields(training, brief=brief)},
        "data": _dump_fields(network.data, brief=brief),
        "splits": [_dump_split(split) for split in network.splits],
    }


def dump_layer(graph: LayerGraph, name: str, *, brief: bool = False) -> dict[str, object]:
    """Return one layer as a file holds it; ``brief``: without fields that have their default values."""
    layer = graph[name]
    wires = {wire.port: wire.source for wire in graph.inputs(name)}
    ports = max(len(layer.inputs), *(port + 1 for port in wires), 0)
    sources = [wires.get(port) for port in range(ports)]
    muted = {"muted": True} if layer.muted else {}
    return {"name": name, "type": layer.kind, "inputs": sources, **muted, **_dump_fields(layer, brief=brief)}


def _dump_fields(
    record: Layer | Schedule | TrainingSettings | DataSettings, *, brief: bool
) -> dict[str, object]:
    values = {name: spec.dump(getattr(record, name)) for name, spec in field_specs(record).items()}
    usual = {field.name: field.default for field in dataclasses.fields(record)} if brief else {}
    return {
        name: value for name, value in values.items() if not brief or getattr(record, name) != usual[name]
    }


def _dump_split(split: Split) -> dict[str, object]:
    return {
        "name": split.name,
        "devices": list(split.devices),
        **({} if split.scheme == SCHEMES[0] else {"scheme": split.scheme}),
        **({} if split.updates == UPDATES[0] else {"updates": split.updates}),
        "layers": {
            name: {"placement": layer.placement, "devices": list(layer.devices)}
            for name, layer in split.layers
        },
    }


def _dump_canvas(network: NetworkFile) -> dict[str, object]:
    positions = {
        name: [float(place) for place in network.positions[name]]
        for name in network.graph
        if name in network.positions
    }
    comments = {
        name: {"text": comment.text, "place": list(comment.place), "size": list(comment.size)}
        for name, comment in network.comments.items()
    }
    return {"positions": positions, **({"comments": comments} if comments else {})}
