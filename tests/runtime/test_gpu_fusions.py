"""What GPUs do at once is what they do one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.cli.bench_engine import fill
from engine.graph.layer_graph import LayerGraph
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import (
    CmRNorm,
    Conv,
    CrossEntropy,
    Data,
    Dropout,
    Fc,
    Labels,
    Local,
    Pool,
    Softmax,
)
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.runtime.executor import Executor
from tests.graph.networks import chain

pytestmark = pytest.mark.gpu

BATCH = 6


def graph(maps: int = 24) -> LayerGraph:
    """Return a network with all that is joined: packed pictures, gates, biases, norms, a cost, updates.

    ``maps`` are normalised: of 24 a thread has 12, of 32 it has 8.
    """
    return chain(
        data=Data(size=(13, 12), channels=3),
        labels=Labels(),
        conv1=Conv(filters=maps, size=(5, 4), stride=(2, 3), padding=(2, 1), neuron="relu"),
        norm1=CmRNorm(size=5),
        pool1=Pool(size=(3, 3), stride=(2, 2)),
        conv2=Conv(filters=8, size=(3, 3), padding=(1, 1), neuron="relu"),
        pool2=Pool(pool="avg", size=(2, 2), stride=(1, 1)),
        local=Local(filters=5, size=(2, 2), padding=(1, 1), neuron="relu"),
        fc1=Fc(outputs=24, neuron="relu"),
        drop=Dropout(),
        fc2=Fc(outputs=10),
        probs=Softmax(),
        loss=CrossEntropy(top=3),
    )


def learned(optimiser: str, maps: int, **choices: Any) -> tuple[dict[str, np.ndarray[Any, Any]], set[str]]:
    """Return what the network holds after two steps, and the kinds of the operations that it took."""
    training = TrainingSettings(optimiser=optimiser)
    plan = compile_network(graph(maps), BATCH, device="cuda", dtype="float64", training=training, **choices)
    executor = Executor(plan, device="cuda:0")
    fill(executor, plan)
    for _ in range(2):
        executor.run(TRAIN)
    roles: Any = ("weight", "velocity", "metrics")
    found = {b.name: executor.arrays[b.name].copy() for role in roles for b in plan.by_role(role)}
    return found, {operation.kind for operation in plan.programs[TRAIN].operations}


@pytest.mark.parametrize(("optimiser", "maps"), [("sgd", 24), ("sgd", 32), ("adamw", 24)])
def test_joined_operations_do_the_same(optimiser: str, maps: int) -> None:
    """In float64 nothing but the order of sums differs."""
    joined, kinds = learned(optimiser, maps)
    apart, others = learned(optimiser, maps, fusions=())
    assert {f"{optimiser}.update_all", "pack.pictures", "cmrnorm_max_pool.backward"} <= kinds - others
    assert "fc_softmax_cross_entropy.forward_backward" in kinds - others
    assert not {"neuron.backward", "bias.backward"} & kinds
    for name, values in apart.items():
        np.testing.assert_allclose(joined[name], values, rtol=1e-10, atol=1e-13, err_msg=name)
