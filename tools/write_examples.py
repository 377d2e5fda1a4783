"""Writes the example networks of the talk and of the textbooks into resources/examples.

    .venv/bin/python tools/write_examples.py

A test holds the files equal to what this writes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import SUFFIX, NetworkFile, dumps
from engine.graph.schedules import Steps
from engine.graph.settings import DataSettings, TrainingSettings
from engine.layers.base import Layer
from engine.layers.catalogue import (
    BatchNorm,
    CmRNorm,
    Conv,
    CrossEntropy,
    Data,
    Dropout,
    EltSum,
    Fc,
    GlobalAvg,
    Labels,
    Local,
    Pool,
    Softmax,
)
from studio.models.layout import lay_out

EXAMPLES = Path(__file__).parents[1] / "resources" / "examples"


class Stack:
    """A graph that grows at its end."""

    def __init__(self, data: Data, labels: str = "labels") -> None:
        self.graph = LayerGraph()
        self.graph.add("data", data)
        self.graph.add(labels, Labels())
        self._labels = labels
        self._last = "data"

    def add(self, name: str, layer: Layer, *sources: str) -> str:
        """Add a layer after ``sources``, or after the last layer that was added."""
        self.graph.add(name, layer)
        for port, source in enumerate(sources or (self._last,)):
            self.graph.connect(Wire(source, name, port))
        self._last = name
        return name

    def end(self) -> LayerGraph:
        """Add softmax and cost."""
        probabilities = self.add("probs", Softmax())
        self.add("logprob", CrossEntropy(), probabilities, self._labels)
        return self.graph


def cifar10() -> NetworkFile:
    """The talk's CIFAR-10 network, trained for 40 epochs on all training pictures."""
    net = Stack(Data(size=(24, 24)))
    start = {"initial": "normal", "bias_rate": 2.0}
    net.add("conv1", Conv(filters=64, size=(5, 5), padding=(2, 2), deviation=0.0001, **start))
    net.add("pool1", Pool())
    net.add("conv2", Conv(filters=64, size=(3, 3), padding=(1, 1), deviation=0.01, **start))
    net.add("pool2", Pool())
    net.add("local3", Local(filters=32, deviation=0.04, decay=0.004, **start))
    net.add("local4", Local(filters=32, deviation=0.04, decay=0.004, **start))
    net.add("fc10", Fc(outputs=10, deviation=0.01, decay=0.01, **start))
    training = TrainingSettings(schedule=Steps(rate=0.001, epochs=(32, 36)), epochs=40, batch_size=128)
    data = DataSettings(source="path", path="cifar10", validation=0.0, scale=1.0, mirror=True)
    return _file(net, training, data)


def cifar10_long() -> NetworkFile:
    """The same for 120 epochs, tested on ten views: cuda-convnet's published 13 % came of such a recipe."""
    short = cifar10()
    training = replace(short.training, schedule=Steps(rate=0.001, epochs=(100, 110)), epochs=120)
    return replace(short, training=training, data=replace(short.data, test_views="ten"))


def imagenet() -> NetworkFile:
    """The talk's ImageNet network: that of 'One weird trick', with a padding of 16 in conv1."""
    net = Stack(Data(size=(224, 224)), "labvec")
    norm = CmRNorm(size=5, scale=0.0001, power=0.75)
    start = {"initial": "glorot", "bias_rate": 2.0}
    net.add("conv1", Conv(filters=64, size=(11, 11), stride=(4, 4), padding=(16, 16), **start))
    net.add("rnorm1", norm)
    net.add("pool1", Pool())
    net.add("conv2", Conv(filters=192, size=(5, 5), padding=(2, 2), **start))
    net.add("rnorm2", norm)
    net.add("pool2", Pool())
    for number, filters in ((3, 384), (4, 256), (5, 256)):
        net.add(f"conv{number}", Conv(filters=filters, size=(3, 3), padding=(1, 1), **start))
    net.add("pool3", Pool())
    for number, letter in ((1, "a"), (2, "b")):
        net.add(f"fc4096{letter}", Fc(outputs=4096, neuron="relu", **start))
        net.add(f"dropout{number}", Dropout())
    net.add("fc1000", Fc(outputs=1000, **start))
    schedule = Steps(rate=0.01, epochs=(30, 60, 80))
    training = TrainingSettings(schedule=schedule, epochs=90, batch_size=128, decay=0.0005)
    data = DataSettings(source="path", path="imagenet", size=256, mirror=True, colour_noise=0.1)
    return _file(net, training, data)


def lenet5() -> NetworkFile:
    """LeNet-5 (LeCun et al. 1998), with softmax at its end."""
    net = Stack(Data(size=(32, 32), channels=1))
    style = {"neuron": "tanh[1.7159,0.6667]", "initial": "glorot"}
    mean = Pool(pool="avg", size=(2, 2), stride=(2, 2))
    net.add("conv1", Conv(filters=6, size=(5, 5), padding=(0, 0), **style))
    net.add("pool2", mean)
    net.add("conv3", Conv(filters=16, size=(5, 5), padding=(0, 0), **style))
    net.add("pool4", mean)
    net.add("conv5", Conv(filters=120, size=(5, 5), padding=(0, 0), **style))
    net.add("fc6", Fc(outputs=84, **style))
    net.add("fc10", Fc(outputs=10, initial="glorot"))
    training = TrainingSettings(schedule=Steps(rate=0.01, epochs=(8, 12)), epochs=15)
    data = DataSettings(source="path", path="mnist", colour="grey", border=2, random_crop=False)
    return _file(net, training, data)


def resnet20() -> NetworkFile:
    """ResNet-20 for CIFAR-10 (He et al. 2015); where maps grow, the shortcut is a mean and a 1 × 1 filter."""
    net = Stack(Data(size=(32, 32)))
    last = _normed(net, "conv1", _filters(16, 3), "data")
    for stage, filters in enumerate((16, 32, 64), 1):
        for block in (1, 2, 3):
            name = f"{stage}{'abc'[block - 1]}"
            grows = stage > 1 and block == 1
            inner = _normed(net, f"conv{name}1", _filters(filters, 3, 2 if grows else 1), last)
            inner = _normed(net, f"conv{name}2", _filters(filters, 3), inner, neuron="none")
            if grows:
                last = net.add(f"pool{name}", Pool(pool="avg", size=(2, 2), stride=(2, 2)), last)
                last = _normed(net, f"short{name}", _filters(filters, 1), last, neuron="none")
            last = net.add(f"sum{name}", EltSum(neuron="relu"), inner, last)
    net.add("mean", GlobalAvg())
    net.add("fc10", Fc(outputs=10))
    schedule = Steps(rate=0.1, epochs=(82, 123))
    training = TrainingSettings(schedule=schedule, epochs=164, decay=0.0001)
    data = DataSettings(source="path", path="cifar10", border=4, mirror=True)
    return _file(net, training, data)


def _filters(filters: int, size: int, stride: int = 1) -> Conv:
    """A convolution that keeps the picture's size, or halves it; the normalisation after it has the biases.

    By the rule 1 + ⌈(2·padding + extent − size) / stride⌉, a stride of 2 halves even extents without padding.
    """
    padding = (size // 2,) * 2 if stride == 1 else (0, 0)
    return Conv(
        filters=filters,
        size=(size, size),
        stride=(stride, stride),
        padding=padding,
        neuron="none",
        bias_rate=0.0,
    )


def _normed(net: Stack, name: str, conv: Conv, source: str, neuron: str = "relu") -> str:
    net.add(name, conv, source)
    return net.add(f"norm{name.removeprefix('conv')}", BatchNorm(neuron=neuron))


def _file(net: Stack, training: TrainingSettings, data: DataSettings) -> NetworkFile:
    graph = net.end()
    return NetworkFile(graph=graph, training=training, data=data, positions=lay_out(graph))


NETWORKS = {
    "cifar10": cifar10,
    "cifar10-long": cifar10_long,
    "imagenet": imagenet,
    "lenet5": lenet5,
    "resnet20": resnet20,
}


def contents() -> dict[Path, str]:
    """Return the files that are to be, by their paths."""
    return {EXAMPLES / (name + SUFFIX): dumps(make()) for name, make in NETWORKS.items()}


if __name__ == "__main__":
    for path, content in contents().items():
        path.write_text(content, encoding="utf-8")
