"""Trainings beside PyTorch in float64: the losses of the first steps agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.graph.layer_graph import LayerGraph
from engine.graph.network_file import NetworkFile, load
from engine.layers.catalogue import CmRNorm, Conv, Data, Dropout, Fc

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"


def losses(network: NetworkFile, steps: int, batch_size: int) -> list[tuple[float, float]]:
    """Return our losses and PyTorch's."""
    pytest.importorskip("torch")
    from engine.cli.bench_oracle import compare

    return [(ours, theirs) for _, ours, theirs in compare(network, steps, batch_size)]


def smaller(graph: LayerGraph, **layers: object) -> LayerGraph:
    """Return a graph with other settings of some layers."""
    twin = graph.copy()
    for name, layer in layers.items():
        twin.replace(name, layer)  # type: ignore[arg-type]
    return twin


@pytest.mark.parametrize(
    ("name", "steps", "batch_size"), [("cifar10", 10, 2), ("lenet5", 5, 4), ("resnet20", 2, 2)]
)
def test_the_first_losses_are_pytorchs(name: str, steps: int, batch_size: int) -> None:
    """The long form is `convnet bench oracle`; 200 steps of batch 128 agree as well."""
    for ours, theirs in losses(load(EXAMPLES / f"{name}.convnet"), steps, batch_size):
        assert abs(ours - theirs) < 1e-8


def test_the_first_losses_of_a_small_imagenet_network_are_pytorchs() -> None:
    """The talk's network with fewer units: strides, overhangs, normalisation and dropout all take part."""
    network = load(EXAMPLES / "imagenet.convnet")
    graph = network.graph
    units = {f"fc4096{letter}": Fc(outputs=24, neuron="relu") for letter in "ab"}
    start = {"initial": "normal", "deviation": 0.05}
    small = smaller(
        graph,
        data=Data(size=(67, 67)),
        conv1=Conv(filters=8, size=(11, 11), stride=(4, 4), padding=(16, 16), **start),
        conv2=Conv(filters=8, size=(5, 5), padding=(2, 2)),
        rnorm1=CmRNorm(scale=0.1),
        conv3=Conv(filters=6, size=(3, 3), padding=(1, 1)),
        conv4=Conv(filters=6, size=(3, 3), padding=(1, 1)),
        conv5=Conv(filters=6, size=(3, 3), padding=(1, 1)),
        dropout1=Dropout(keep=0.7),
        fc1000=Fc(outputs=12),
        **units,
    )
    for ours, theirs in losses(replace(network, graph=small), 6, 5):
        assert abs(ours - theirs) < 1e-8
