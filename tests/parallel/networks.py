"""The example networks made small, and random ones, for tests of splits."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from random import Random

from engine.graph import network_file
from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import NetworkFile
from engine.graph.presets import preset_split
from engine.graph.split import PLACEMENTS, SCHEMES, LayerSplit, Split
from engine.layers.base import Layer
from engine.layers.catalogue import (
    BatchNorm,
    CmRNorm,
    CNorm,
    Concat,
    Conv,
    CrossEntropy,
    Data,
    Dropout,
    EltMax,
    EltSum,
    Fc,
    Labels,
    Local,
    Neuron,
    Pool,
    RNorm,
    Softmax,
)

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"


def devices(count: int) -> tuple[str, ...]:
    """Return logical devices A, B, …"""
    return tuple("ABCDEFGH"[:count])


def small(name: str, size: int, divisor: int) -> NetworkFile:
    """Return an example network for pictures of ``size`` px, with a part of its filters and outputs."""
    network = network_file.load(EXAMPLES / f"{name}.convnet")
    for layer_name, layer in network.graph.layers().items():
        network.graph.replace(layer_name, _shrink(layer, size, divisor))
    return network


def _shrink(layer: Layer, size: int, divisor: int) -> Layer:
    if isinstance(layer, Data):
        return dataclasses.replace(layer, size=(size, size))
    if isinstance(layer, Conv | Local):
        return dataclasses.replace(layer, filters=max(6, layer.filters // divisor))
    if isinstance(layer, Fc) and layer.outputs > 10:
        return dataclasses.replace(layer, outputs=max(4, layer.outputs // (4 * divisor)))
    return layer


@dataclasses.dataclass
class _Drawn:
    """A graph while it grows: ``maps`` are the pictures, ``vectors`` the vectors that layers can follow."""

    random: Random
    graph: LayerGraph = dataclasses.field(default_factory=LayerGraph)

    def add(self, stem: str, layer: Layer, *sources: str) -> str:
        name = self.graph.free_name(stem)
        self.graph.add(name, layer)
        for port, source in enumerate(sources):
            self.graph.connect(Wire(source, name, port))
        return name


def random_graph(random: Random) -> LayerGraph:
    """Return a network of two to six layers on pictures and one to three on vectors, with a branch maybe."""
    drawn = _Drawn(random)
    size = random.randint(5, 6)
    maps = drawn.add("data", Data(size=(size, size), channels=random.randint(1, 3)))
    drawn.add("labels", Labels())
    filters = random.randint(2, 6)
    maps = drawn.add("conv", _conv(random, filters), maps)
    for _ in range(random.randint(1, 4)):
        maps, filters = _grow(drawn, maps, filters)
    vector = maps
    for _ in range(random.randint(0, 2)):
        vector = drawn.add("fc", Fc(outputs=random.randint(2, 9), neuron=_neuron(random)), vector)
        if random.random() < 0.5:
            vector = drawn.add("dropout", Dropout(keep=0.5), vector)
    sources = (vector, maps) if random.random() < 0.2 else (vector,)
    vector = drawn.add("fc", Fc(outputs=random.randint(2, 6)), *sources)
    drawn.add("loss", CrossEntropy(), drawn.add("probs", Softmax(), vector), "labels1")
    return drawn.graph


def _conv(random: Random, filters: int) -> Conv:
    return Conv(filters=filters, size=(3, 3), padding=(1, 1), neuron=_neuron(random))


def _neuron(random: Random) -> str:
    return random.choice(("relu", "tanh", "none", "logistic"))


def _grow(drawn: _Drawn, maps: str, filters: int) -> tuple[str, int]:
    """Add a layer, or two branches that are joined, that keep the size of the maps."""
    random = drawn.random
    if random.random() < 0.3:
        branches = [drawn.add("conv", _conv(random, filters), maps) for _ in range(2)]
        join = random.choice((Concat(), EltSum(), EltMax()))
        return drawn.add("join", join, *branches), filters * (2 if isinstance(join, Concat) else 1)
    other = random.randint(2, 6)
    grouped = dataclasses.replace(_conv(random, filters), groups=1 + (filters % 2 == 0))
    layer, filters = random.choice(
        (
            (_conv(random, other), other),
            (_conv(random, other), other),
            (Local(filters=other), other),
            (grouped, filters),
            (Pool(pool=random.choice(("max", "avg")), stride=(1, 1), size=(2, 2)), filters),
            (random.choice((CmRNorm(size=2), RNorm(size=3), CNorm(size=3), BatchNorm())), filters),
            (random.choice((Dropout(keep=0.7), Neuron(neuron="tanh"))), filters),
        )
    )
    return drawn.add(layer.kind, layer, maps), filters


def random_split(random: Random, graph: LayerGraph) -> Split:
    """Return any split over two to four devices: a preset, or layers placed at random, some on a few."""
    split_devices = devices(random.randint(2, 4))
    kind = random.randrange(4)
    if kind == 0:
        return preset_split(graph, "hybrid", split_devices, random.choice(SCHEMES))  # type: ignore[arg-type]
    if kind == 1:
        return preset_split(graph, random.choice(("data", "model")), split_devices)  # type: ignore[arg-type]
    layers = {}
    for name in graph:
        if random.random() < 0.6:
            some = random.sample(split_devices, random.randint(1, len(split_devices)))
            chosen = tuple(sorted(some)) if random.random() < 0.4 else ()
            layers[name] = LayerSplit(random.choice(PLACEMENTS), chosen)  # type: ignore[arg-type]
    return Split("random", split_devices, tuple(layers.items()))
