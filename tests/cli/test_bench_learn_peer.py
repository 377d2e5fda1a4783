"""Whole trainings beside PyTorch's: what is compared, and that the other side learns."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from engine.cli.bench_learn_peer import OURS, Run, ratio, table
from engine.graph.examples import load_example
from engine.graph.network_file import NetworkFile
from engine.plan.analysis.infer import all_weights, infer
from engine.plan.compile.pipeline import EVALUATE, compile_network
from engine.runtime.executor import Executor
from engine.training.initial import initial_weights
from kernels import control

RUNS = {
    OURS: [Run(2.0, 3.0, 1.0), Run(2.5, 2.0, 2.0)],
    "PyTorch, 1 thread": [Run(8.0, 8.0, 1.0), Run(6.0, 7.0, 1.0)],
    "PyTorch, 2 threads": [Run(5.0, 9.0, 1.0), Run(9.0, 9.0, 1.0)],
}


def test_the_least_trainings_are_compared() -> None:
    """PyTorch's best number of threads counts."""
    assert ratio(RUNS) == pytest.approx(2.5)
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(table("digits", RUNS))
    text = console.export_text()
    assert "2.50 times as quick" in text
    assert text.splitlines()[2].split() == ["engine", "2.00", "1.00", "2.00", "1.00", "1.50", "%"]


def expected_answers(network: NetworkFile, pictures: np.ndarray) -> np.ndarray:
    """Return the engine's probabilities for prepared pictures, at the start of a training, in float64."""
    plan = compile_network(network.graph, len(pictures), dtype="float64")
    executor = Executor(plan)
    for number, (name, spec) in enumerate(all_weights(infer(network.graph)).items()):
        executor.arrays[name] = initial_weights(spec, number, network.training.seed)
    executor.arrays["data.output"] = pictures
    executor.arrays["counters"][control.VALID] = len(pictures)
    executor.run(EVALUATE)
    return executor.content(EVALUATE, "probs.output")


@pytest.mark.parametrize("example", ["digits", "shapes"])
def test_pytorch_begins_with_the_same_weights_and_learns(example: str) -> None:
    """Its first answers are those of the engine's network; an epoch makes the digits' error small."""
    learner = pytest.importorskip("engine.cli.torch_learner", reason="PyTorch is not installed")
    network = load_example(example)
    network = dataclasses.replace(network, training=dataclasses.replace(network.training, epochs=1))
    peer = learner.TorchLearner(network, 1)
    pictures, answers = peer.answers(8)
    np.testing.assert_allclose(answers, expected_answers(network, pictures), rtol=1e-4, atol=1e-5)
    if example == "digits":
        assert peer.train() < 0.4  # of ten classes
