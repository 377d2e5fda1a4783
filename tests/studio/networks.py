"""Small networks for tests of the designer."""

from __future__ import annotations

from engine.graph.layer_graph import Wire
from engine.graph.network_file import NetworkFile
from engine.graph.split import LayerSplit, Split
from engine.layers.catalogue import KINDS
from studio.models.document import Document

CHAIN = ("data", "conv", "pool", "fc", "softmax")


def small_network() -> NetworkFile:
    """Return data1 → conv1 → pool1 → fc1 → softmax1 → cross_entropy1 ← labels1, which can be trained."""
    network = NetworkFile()
    graph = network.graph
    for kind in (*CHAIN, "labels", "cross_entropy"):
        graph.add(f"{kind}1", KINDS[kind]())
    for source, target in zip(CHAIN, (*CHAIN[1:], "cross_entropy"), strict=True):
        graph.connect(Wire(f"{source}1", f"{target}1"))
    graph.connect(Wire("labels1", "cross_entropy1", 1))
    network.splits = (
        Split("two", ("A", "B"), (("conv1", LayerSplit("data")), ("fc1", LayerSplit("model")))),
    )
    return network


def small_document() -> Document:
    """Return a document that shows the small network."""
    document = Document()
    document.new(small_network(), "small.convnet")
    return document
