"""Builds a graph out of the sections of cuda-convnet's files, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from engine.errors import FileFormatError
from engine.graph.cuda_convnet.entry import Entry, Notes
from engine.graph.cuda_convnet.kinds import KINDS, Kind
from engine.graph.cuda_convnet.learning import bearer_of_biases, usual
from engine.graph.cuda_convnet.values import flag, parts, real, whole, word
from engine.graph.cuda_convnet.weighted import weight_sources, weighted_layer
from engine.graph.layer_graph import LayerGraph, Wire, is_layer_name
from engine.graph.validate import infer_shapes
from engine.layers.base import Layer
from engine.layers.crop import Crop
from engine.layers.data import Data
from engine.layers.dropout2 import Dropout2
from engine.layers.eltsum import EltSum
from engine.layers.fields import field_specs
from engine.layers.labels import Labels
from engine.layers.learning import WeightedLayer
from engine.layers.neuron import IDENTITY, Neuron
from engine.layers.one_hot import OneHot
from engine.layers.pool import Pool
from engine.words import Words

_NO_FUNCTION = ("initwfunc", "initbfunc", "initcfunc")
_DECLARED = ("channels", "modulesx", "filterchannels")
_OTHERWISE_NONE: dict[str, tuple[Callable[[str], object], str]] = {
    "randsparse": (flag, "Give groups, with a 1 × 1 convolution between them to mix channels."),
    "children": (word, "All costs of a network are added together; leave it out."),
}


class Builder:
    """Builds the graph; ``ends`` tells, by a layer's old name, the layer that gives its output now."""

    def __init__(
        self, entries: Sequence[Entry], size: tuple[int, int], problems: list[FileFormatError]
    ) -> None:
        self.graph = LayerGraph()
        self.notes = Notes()
        self._entries = entries
        self._size = size
        self._problems = problems
        self.ends: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        for entry in entries:
            text = entry.find("inputs")
            entry.inputs = tuple(parts(text.text)) if text is not None and text.text else ()
        self.usual = usual(entry for entry in entries if self._is_weighted(entry))

    def build(self) -> None:
        for entry in self._entries:
            if self._add(entry):
                for key in entry.finish():
                    words = Words("{key} changes nothing that is computed, and is left out", key=key)
                    self.notes.tell(entry.name, words)

    @staticmethod
    def _is_weighted(entry: Entry) -> bool:
        kind = KINDS.get(text.text) if (text := entry.find("type")) else None
        return kind is not None and issubclass(kind.layer, WeightedLayer)

    def _add(self, entry: Entry) -> bool:
        """Add what a section says; return whether it could be added."""
        text = entry.find("type")
        name = entry.name
        if not is_layer_name(name):
            entry.problem("", 'a name of letters, digits, "_" and "-"', repr(name[:60]))
            return False
        if text is not None and text.text == "data":
            self._add_data(entry)
        elif text is None or text.text not in KINDS:
            known = Words("one of the types data, {types}", types=", ".join(KINDS))
            entry.problem("type", known, "none" if text is None else repr(text.text[:60]))
            return False
        else:
            self._refuse(entry)
            sources = self._sources(entry)
            if not sources:
                return False  # its other keys were not asked for
            self._add_layer(entry, KINDS[text.text], sources)
        if entry.find("gpu") is not None:
            self.notes.tell(name, "gpu is left out; a split says what runs where")
        return True

    def _add_data(self, entry: Entry) -> None:
        index = entry.read("dataidx", whole, 0, "0 for the pictures, or 1 for the labels")
        if index not in (0, 1) or entry.find("dataidx") is None:
            entry.problem("dataidx", "0 for the pictures, or 1 for the labels", str(index))
        for key in ("start", "end"):
            if entry.find(key) is not None:
                hint = "Use a crop layer, or a data set of what is wanted."
                entry.problem(key, "whole pictures", "a part of their rows", hint)
        layer = Labels() if index == 1 else Data(size=self._size, channels=self._channels(entry.name))
        self._put(entry.name, layer, ())
        self.ends[entry.name] = entry.name

    def _channels(self, name: str) -> int:
        """Return the channels that the layers after the pictures expect."""
        for entry in self._entries:
            if name in entry.inputs and entry.find("channels") is not None:
                return min(4096, max(1, entry.each("channels", whole, 3, "a whole number")[0]))
        return 3

    def _refuse(self, entry: Entry) -> None:
        """Note what this program has not, by its name. What follows from other layers is held later."""
        for key in _DECLARED:
            entry.find(key)
        for key in _NO_FUNCTION:
            if entry.find(key) is not None:
                hint = "A file of layers cannot call functions here; give initW and initB."
                entry.problem(key, "no function", "one", hint)
        for key, (read, hint) in _OTHERWISE_NONE.items():
            text, nothing = entry.find(key), object()
            value = entry.read(key, read, nothing, "true or false")
            if text is not None and value not in (False, "", nothing):
                entry.problem(key, "none, or false", repr(text.text[:60]), hint)

    def _sources(self, entry: Entry) -> list[str]:
        if not entry.inputs:
            entry.problem("inputs", "the names of layers", "none")
        for name in entry.inputs:
            if name not in self.ends:
                defined = any(other.name == name for other in self._entries)
                quoted = repr(name[:60])
                found = Words("{name}, which comes later or failed", name=quoted) if defined else quoted
                entry.problem("inputs", "names of layers that come before", found)
        known = [self.ends[name] for name in entry.inputs if name in self.ends]
        return known if len(known) == len(entry.inputs) else []

    def _add_layer(self, entry: Entry, kind: Kind, sources: list[str]) -> None:
        if kind.layer.is_cost:
            end = self._add_cost(entry, kind, sources)
        elif issubclass(kind.layer, WeightedLayer):
            end = self._add_weighted(entry, kind, sources)
        else:
            end = self._add_plain(entry, kind, sources)
        self.ends[entry.name] = end
        if not kind.layer.is_cost:
            self._add_dropout(entry)

    def _add_plain(self, entry: Entry, kind: Kind, sources: list[str]) -> str:
        values = entry.fields(kind, 0)
        if kind.layer is Pool and entry.read("sum", flag, False, "true or false"):
            if values.get("pool") != "avg":
                entry.problem("sum", "pool=avg beside it", "another kind of pooling")
            values["pool"] = "sum"
        if kind.layer is EltSum and entry.find("coeffs") is not None:
            values["coefficients"] = tuple(entry.each("coeffs", real, 1.0, "a number"))
        if kind.layer is Crop:
            start = entry.read("startx", whole, 0, "a whole number")
            row = entry.read("starty", whole, start, "a whole number")
            values["start"] = (max(0, row), max(0, start))
        if not entry.read("enable", flag, True, "true or false"):
            values["muted"] = True
        return self._with_neuron(entry, kind.layer, values, sources)

    def _with_neuron(
        self, entry: Entry, layer: type[Layer], values: dict[str, Any], sources: list[str]
    ) -> str:
        """Add a layer, and its neuron as a layer of its own where it has no field for one."""
        neuron = self._neuron(entry)
        if "neuron" in field_specs(layer):
            self._put(entry.name, layer(**{**values, "neuron": neuron}), sources)
            return entry.name
        self._put(entry.name, layer(**values), sources)
        if neuron == IDENTITY:
            return entry.name
        return self._put(self._fresh(f"{entry.name}_neuron"), Neuron(neuron=neuron), [entry.name])

    def _neuron(self, entry: Entry) -> str:
        spec = field_specs(Neuron)["neuron"]
        neuron: str = entry.read("neuron", spec.parse, IDENTITY, spec.expected)
        return neuron

    def _add_weighted(self, entry: Entry, kind: Kind, sources: list[str]) -> str:
        """Add a layer with weights. Inputs whose settings differ get layers of their own, and a sum."""
        layers = [
            weighted_layer(entry, kind, number, self.usual, self.notes) for number in range(len(sources))
        ]
        shared = [self._part_of(source) for source in weight_sources(entry)]
        neuron, bearer = self._neuron(entry), bearer_of_biases(entry)
        if all(layer == layers[0] for layer in layers):
            settings: dict[str, Any] = {
                "weights_of": ", ".join(shared) if any(shared) else "",
                "neuron": neuron,
            }
            return self._put(entry.name, replace(layers[0], **settings), sources)
        names = [self._fresh(f"{entry.name}_in{number + 1}") for number in range(len(sources))]
        for number, (name, layer, source) in enumerate(zip(names, layers, sources, strict=True)):
            settings = {"weights_of": shared[number], "neuron": IDENTITY}
            if number != bearer:
                settings |= {"bias": 0.0, "bias_rate": 0.0}
            part = replace(layer, **settings)
            self._put(name, part, [source])
        self._parts[entry.name] = names
        self.notes.tell(entry.name, "its inputs have settings of their own, and so layers of their own")
        return self._put(entry.name, EltSum(neuron=neuron), names)

    def _part_of(self, source: str) -> str:
        layer, _, rest = source.partition("[")
        if layer not in self._parts:
            return source
        number = int(rest.rstrip("]") or 0)
        names = self._parts[layer]
        return names[min(number, len(names) - 1)]

    def _add_cost(self, entry: Entry, kind: Kind, sources: list[str]) -> str:
        """Add a cost. There, labels come first; costs of targets take one-hot vectors for labels."""
        values = entry.fields(kind, 0)
        wanted = len(kind.layer.inputs)
        if len(sources) != wanted:
            entry.problem("inputs", Words("{count} inputs", count=wanted), str(len(sources)))
            return entry.name
        if wanted == 2:
            labels, chances = sources
            if kind.layer.inputs[1].content == "values" and isinstance(self.graph[labels], Labels):
                shape = infer_shapes(self.graph)[0].get(chances)
                one_hot = OneHot(classes=min(1_000_000, shape.size) if shape else 10)
                labels = self._put(self._fresh(f"{entry.name}_targets"), one_hot, [labels])
            sources = [chances, labels]
        return self._put(entry.name, kind.layer(**values), sources)

    def _add_dropout(self, entry: Entry) -> None:
        """Add what a fork of cuda-convnet has as a parameter of any layer: × (1 − p) at test."""
        (probability,) = entry.reals("dropout", 0.0, 1.0)[:1]
        if probability:
            name = self._fresh(f"{entry.name}_dropout")
            end = self.ends[entry.name]
            self.ends[entry.name] = self._put(name, Dropout2(keep=1.0 - probability), [end])

    def _put(self, name: str, layer: Layer, sources: Iterable[str]) -> str:
        if name in self.graph:
            name = self._fresh(name)
        self.graph.add(name, layer)
        for port, source in enumerate(sources):
            self.graph.connect(Wire(source, name, port))
        return name

    def _fresh(self, name: str) -> str:
        """Return ``name``, or one like it that no layer of either program has."""
        taken = {entry.name for entry in self._entries}
        name = name[:56]
        return self.graph.free_name(f"{name}_") if name in taken or name in self.graph else name
