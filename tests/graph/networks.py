"""Networks for tests: small ones by hand, and strategies that draw all that can be drawn."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network import NetworkFile
from engine.graph.network_reader import FARTHEST
from engine.graph.schedules import SCHEDULES
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import PLACEMENTS, LayerSplit, Split
from engine.layers.base import Layer
from engine.layers.catalogue import LAYERS, Conv, CrossEntropy, Data, Fc, Labels, Pool, Softmax
from engine.layers.fields import RealSpec, WholeSpec, field_specs

Record = TypeVar("Record")


def chain(**layers: Layer) -> LayerGraph:
    """Return a graph in which each layer feeds the next; labels go into the last."""
    graph = LayerGraph()
    for name, layer in layers.items():
        graph.add(name, layer)
    names = [name for name in layers if name != "labels"]
    for source, target in itertools.pairwise(names):
        graph.connect(Wire(source, target))
    if "labels" in layers:
        graph.connect(Wire("labels", names[-1], 1))
    return graph


def small_graph() -> LayerGraph:
    """Return a network with a convolution, for pictures of 8 × 8 × 1 and ten classes."""
    return chain(
        data=Data(size=(8, 8), channels=1),
        labels=Labels(),
        conv1=Conv(filters=4, size=(3, 3), padding=(1, 1)),
        pool1=Pool(size=(2, 2)),
        fc10=Fc(outputs=10),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


NAMES = st.from_regex(r"[a-zåéλあ한0-9_-]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=8)


def _wholes(spec: WholeSpec) -> st.SearchStrategy[int]:
    return st.integers(spec.minimum, spec.maximum)


def _reals(spec: RealSpec) -> st.SearchStrategy[float | None]:
    numbers = st.floats(
        spec.minimum,
        spec.maximum,
        exclude_min=spec.open_minimum,
        exclude_max=spec.open_maximum,
        allow_nan=False,
        allow_infinity=False,
    )
    return st.none() | numbers if spec.optional else numbers


_VALUES: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "whole": _wholes,
    "pair": lambda spec: st.tuples(_wholes(spec), _wholes(spec)),
    "real": _reals,
    "flag": lambda spec: st.booleans(),
    "choice": lambda spec: st.sampled_from([value for value, _ in spec.choices]),
    "text": lambda spec: TEXTS,
    "neuron": lambda spec: st.sampled_from([value for value, _ in spec.choices] + ["tanh[1.7159,0.6667]"]),
    "real list": lambda spec: st.lists(_reals(spec), max_size=3).map(tuple),
    "whole list": lambda spec: st.sets(_wholes(spec), max_size=4).map(lambda numbers: tuple(sorted(numbers))),
}
"""Values that a field takes, by its spec's type."""


def records(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Records with any values that their fields take."""
    return st.builds(
        kind, **{name: _VALUES[spec.type_name](spec) for name, spec in field_specs(kind).items()}
    )


LAYER_RECORDS = st.one_of([records(kind) for kind in LAYERS])


@st.composite
def drawn_graphs(draw: st.DrawFn, layers: st.SearchStrategy[Layer] = LAYER_RECORDS) -> LayerGraph:
    """Whatever can be drawn: any layers, and wires between any two, into any input, even of themselves."""
    graph = LayerGraph()
    for name in draw(st.lists(NAMES, unique=True, max_size=6)):
        graph.add(name, draw(layers))
    if len(graph):
        ends = st.sampled_from(list(graph))
        for wire in draw(st.lists(st.builds(Wire, ends, ends, st.integers(0, 3)), max_size=10)):
            if graph.wire_into(wire.target, wire.port) is None:
                graph.connect(wire)
    return graph


def _splits() -> st.SearchStrategy[Split]:
    devices = st.lists(st.sampled_from("ABCD"), unique=True, min_size=1).map(tuple)
    layers = st.dictionaries(NAMES, st.builds(LayerSplit, st.sampled_from(PLACEMENTS), devices), max_size=3)
    return st.builds(Split, TEXTS, devices, layers.map(lambda named: tuple(named.items())))


@st.composite
def network_files(draw: st.DrawFn) -> NetworkFile:
    """Network files with anything in them that a file can hold."""
    graph = draw(drawn_graphs())
    schedule = draw(st.one_of([records(kind) for kind in SCHEDULES.values()]))
    places = st.tuples(*(st.floats(-FARTHEST, FARTHEST),) * 2)
    return NetworkFile(
        graph=graph,
        training=dataclasses.replace(draw(records(TrainingSettings)), schedule=schedule),
        data=draw(records(DataSettings)),
        splits=tuple(draw(st.lists(_splits(), min_size=1, max_size=2))),
        positions={name: draw(places) for name in graph if draw(st.booleans())},
    )
