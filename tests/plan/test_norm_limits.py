"""Limits of the norms of weights hold after every step, whatever the split and the optimiser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import NetworkFile
from engine.layers.catalogue import Conv, Fc, Local
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import make_batches, train
from tests.parallel.test_every_layer import check
from tests.plan.executing import CLASSES, head, start


def network() -> LayerGraph:
    """A convolution, a local and a fully connected layer, each with limits of its own."""
    graph = start()
    graph.add(
        "conv", Conv(filters=4, size=(2, 2), padding=(0, 0), neuron="tanh", most_norm=0.5, least_norm=0.5)
    )
    graph.add("local", Local(filters=3, size=(2, 2), padding=(0, 0), neuron="tanh", most_norm=0.7))
    graph.add("fc", Fc(outputs=CLASSES, least_norm=0.02, most_norm=0.03, centred_norm=True))
    for source, target in (("data", "conv"), ("conv", "local"), ("local", "fc")):
        graph.connect(Wire(source, target))
    head(graph, "fc")
    return graph


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_norms_are_within_their_limits_after_training(optimiser: str) -> None:
    graph = network()
    file = NetworkFile(graph=graph)
    training = replace(file.training, optimiser=optimiser)
    layers = infer(graph)
    plan = compile_network(graph, 6, dtype="float64", training=training)
    course = train(plan, replace(file, training=training), layers, make_batches(layers, 6, 3, seed=1))
    conv, local, fc = (course.weights[f"{name}.weights"] for name in ("conv", "local", "fc"))
    assert np.sqrt((conv**2).sum((1, 2, 3))) == pytest.approx(0.5)
    assert np.sqrt((local**2).sum(1)).max() <= 0.7 + 1e-12
    spread = np.sqrt(((fc - fc.mean(1, keepdims=True)) ** 2).sum(1)) / fc.shape[1]
    assert ((spread > 0.02 - 1e-12) & (spread < 0.03 + 1e-12)).all()


def test_every_split_gives_the_same_answer() -> None:
    check(network())


def test_layers_without_limits_cost_nothing() -> None:
    graph = start()
    graph.add("fc", Fc(outputs=CLASSES))
    graph.connect(Wire("data", "fc"))
    head(graph, "fc")
    kinds = {op.kind for op in compile_network(graph, 2).programs["train"].operations}
    assert "filter_norm.update" not in kinds
