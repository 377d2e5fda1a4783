"""Weights that several layers use: their gradient is the sum of all uses', whatever the split."""

from __future__ import annotations

import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.settings import TrainingSettings
from engine.layers.base import Layer
from engine.layers.catalogue import Conv, Fc, Local, Pool, Sfc
from engine.plan.compile.pipeline import TRAIN, compile_network
from tests.parallel.test_every_layer import check
from tests.plan.executing import check_gradients, head, start

LAYERS = (
    Conv(filters=2, size=(2, 2), padding=(0, 0), neuron="tanh", weights_of="one"),
    Conv(filters=2, size=(2, 2), padding=(0, 0), neuron="relu", shared_biases=False, weights_of="one"),
    Local(filters=2, size=(2, 2), padding=(0, 0), neuron="tanh", weights_of="one"),
    Fc(outputs=4, weights_of="one"),
    Sfc(outputs=2, parts=2, weights_of="one"),
)


def sharing(layer: Layer) -> LayerGraph:
    """Two layers of the same pictures; the second, with another cost, has the weights of the first."""
    graph = start()
    for name, made in (("one", type(layer)(**{**vars(layer), "weights_of": ""})), ("two", layer)):
        graph.add(name, made)
        graph.connect(Wire("data", name))
        head(graph, name)
    return graph


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_the_gradient_is_the_sum_of_all_uses(layer: Layer) -> None:
    graph = sharing(layer)
    assert [slot.weight for slot in compile_network(graph, 2).slots].count("one.weights") == 1
    check_gradients(graph, batch_size=3, valid=2)


@pytest.mark.parametrize("layer", [LAYERS[0], LAYERS[3]], ids=str)
def test_every_split_gives_the_same_answer(layer: Layer) -> None:
    check(sharing(layer))


def test_one_after_another_with_a_pool_that_is_fused() -> None:
    """The fused gradient of the first writes what that of the second adds to."""
    graph = start()
    conv = Conv(filters=2, size=(2, 2), padding=(1, 1), neuron="relu")
    graph.add("one", conv)
    graph.add("pool", Pool(size=(2, 2), stride=(1, 1)))
    graph.add("two", Conv(filters=2, size=(2, 2), padding=(1, 1), neuron="relu", weights_of="one"))
    for source, target in (("data", "one"), ("one", "pool"), ("pool", "two")):
        graph.connect(Wire(source, target))
    head(graph, "two")
    check_gradients(graph)


def test_the_update_comes_after_the_last_use() -> None:
    plan = compile_network(sharing(LAYERS[0]), 2, training=TrainingSettings(optimiser="adamw"))
    operations = plan.programs[TRAIN].operations
    update = next(number for number, op in enumerate(operations) if op.name == "one.weights.adamw.update")
    uses = [number for number, op in enumerate(operations) if "one.weights" in op.inputs.values()]
    assert max(uses) < update
