"""Kernels of cuDNN agree with float64, and a plan that names them gets the same ones again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.bench_engine import fill
from engine.graph.layer_graph import LayerGraph
from engine.layers.catalogue import Conv, CrossEntropy, Data, Fc, Labels, Pool, Softmax
from engine.plan.compile.pipeline import TRAIN, choices_of, compile_network
from engine.plan.types import TrainingPlan
from engine.runtime.accuracy import BARS, errors
from engine.runtime.executor import Executor
from kernels.cuda.graphs import built, kept, tuned
from kernels.cuda.graphs.graph import Graph
from kernels.cuda.graphs.kept import Plan
from tests.graph.networks import chain

pytestmark = pytest.mark.gpu


@pytest.fixture
def cudnn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have cuDNN do all that it can, whatever is the quickest."""
    pytest.importorskip("cudnn")
    monkeypatch.setenv("CONVNET_CODE_CACHE", str(tmp_path))
    monkeypatch.setattr(built, "_is_quicker", lambda *_: True)
    monkeypatch.setattr(built, "_graphs", {})
    tuned._known.cache_clear()


def graph() -> LayerGraph:
    """Return a network whose convolutions and first product are large enough for cuDNN."""
    return chain(
        data=Data(size=(17, 16), channels=3),
        labels=Labels(),
        conv1=Conv(filters=16, size=(5, 5), stride=(2, 2), padding=(2, 2), neuron="relu"),
        conv2=Conv(filters=32, size=(3, 2), padding=(1, 0), neuron="relu"),
        conv3=Conv(filters=32, size=(3, 3), padding=(1, 1), neuron="relu"),
        pool=Pool(size=(2, 2), stride=(1, 1)),
        fc1=Fc(outputs=512, neuron="relu"),
        fc2=Fc(outputs=10),
        probs=Softmax(),
        loss=CrossEntropy(),
    )


def compiled(**choices: Any) -> TrainingPlan:
    """Return the plan of the network for bfloat16."""
    return compile_network(graph(), 8, device="cuda", code="cudnn", precision="bfloat16", **choices)


def test_kernels_agree_with_float64(cudnn: None) -> None:
    """Each within its bar; and there are such kernels for each way of a convolution, and for products."""
    plan = compiled()
    kinds = {op.kind for op in plan.programs[TRAIN].operations if op.code}
    assert {
        "conv.forward",
        "conv.backward_data",
        "conv.backward_weights",
        "fc.forward",
        "fc.backward_data",
    } <= kinds
    executor = Executor(plan, device="cuda:0")
    fill(executor, plan)
    found = {operation.name: error for operation, error in errors(executor, TRAIN)}
    assert {name: error for name, error in found.items() if not error <= BARS["bfloat16"]} == {}


def test_a_plan_is_replayed_bit_for_bit(cudnn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the choices of another plan nothing is timed, and the weights come out the same."""
    first = compiled()
    tuned._known.cache_clear()
    monkeypatch.setattr(built, "_graphs", {})
    monkeypatch.setattr(built, "_is_quicker", lambda *_: pytest.fail("timed again"))
    monkeypatch.setattr(kept, "get", lambda key: None)
    again = compiled(choices=choices_of(first))
    assert choices_of(again) == choices_of(first)
    assert_same_bits(trained(first), trained(again))


def test_a_later_process_compiles_nothing_and_computes_the_same_bits(
    cudnn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiled()
    weights = trained(first)
    for choices in (None, choices_of(first)):
        tuned._known.cache_clear()
        monkeypatch.setattr(built, "_graphs", {})
        monkeypatch.setattr(Graph, "_build", lambda self, method: pytest.fail("compiled again"))
        again = compiled(choices=choices)
        assert choices_of(again) == choices_of(first)
        assert_same_bits(weights, trained(again))


def test_what_cudnn_cannot_read_is_compiled_anew(cudnn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled()
    monkeypatch.setattr(built, "_graphs", {})
    monkeypatch.setattr(kept, "get", lambda key: Plan(tuned.get(key), {}, b"spoiled"))
    again = compiled()
    assert choices_of(again) == choices_of(first)
    assert_same_bits(trained(first), trained(again))


def trained(plan: TrainingPlan) -> dict[str, Any]:
    """Return the weights after a step."""
    executor = Executor(plan, device="cuda:0")
    fill(executor, plan)
    executor.run(TRAIN)
    return {buffer.name: executor.arrays[buffer.name].copy() for buffer in plan.by_role("weight")}


def assert_same_bits(weights: dict[str, Any], others: dict[str, Any]) -> None:
    """Assert that two sets of arrays are equal."""
    for name, values in weights.items():
        np.testing.assert_array_equal(values, others[name], err_msg=name)
