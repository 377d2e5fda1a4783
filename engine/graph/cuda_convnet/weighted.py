"""Layers with weights: their fields for one input, and where they take their weights from."""

from __future__ import annotations

from engine.graph.cuda_convnet.entry import Entry, Notes
from engine.graph.cuda_convnet.kinds import Kind
from engine.graph.cuda_convnet.learning import Usual, learning_fields
from engine.graph.cuda_convnet.values import parts
from engine.layers.conv import Conv
from engine.layers.fields import field_specs
from engine.layers.learning import WeightedLayer, parse_sources
from engine.layers.local import Local
from engine.words import Words


def weighted_layer(entry: Entry, kind: Kind, number: int, common: Usual, notes: Notes) -> WeightedLayer:
    """Return the layer that input ``number`` asks for. ``filters`` are those of one group there."""
    values = entry.fields(kind, number)
    if kind.layer in (Conv, Local) and "filters" in values:
        values["filters"] *= values.get("groups", 1)
    specs = field_specs(kind.layer)
    learning = learning_fields(entry, number, common, notes)
    for name, value in (values | learning).items():
        try:
            values[name] = specs[name].parse(specs[name].dump(value))
        except ValueError:
            expected = Words("{field}: {expected}", field=name, expected=specs[name].expected)
            entry.problem("", expected, str(value))
            values.pop(name, None)
    layer = kind.layer(**values)
    assert isinstance(layer, WeightedLayer)
    return layer


def weight_sources(entry: Entry) -> tuple[str, ...]:
    """Return the layer that each input's weights are taken from, "" for their own."""
    count = len(entry.inputs)
    none: tuple[str, ...] = ()
    sources = entry.read("weightsource", _sources_of, none, "layers as in conv1[0], divided by commas")
    return (*sources, *[""] * count)[:count]


def _sources_of(text: str) -> tuple[str, ...]:
    parse_sources(text)
    return tuple(parts(text))
