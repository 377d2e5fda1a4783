"""Averaged answers against plain NumPy, where the probabilities of all views are averaged by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.settings import TrainingSettings
from engine.layers.catalogue import CrossEntropy, Data, Fc, Labels, Softmax
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.runtime.executor import Executor
from engine.training.averaged import AveragedEvaluation
from engine.training.figures import CostMeter
from engine.training.step_control import StepControl
from tests.graph.networks import chain
from tests.training.running import (
    CLASSES,
    SIDE,
    Recorder,
    last_checkpoint,
    network,
    run_training,
    save_pictures,
)

COEFFICIENTS = {"1": 1.0, "2": 0.3}


def _two_heads() -> LayerGraph:
    """Return a network of two costs, so that what the first one saw is written over before the end."""
    graph = LayerGraph()
    graph.add("data", Data(size=(3, 3), channels=2))
    graph.add("labels", Labels())
    for head, coefficient in COEFFICIENTS.items():
        graph.add(f"fc{head}", Fc(outputs=CLASSES))
        graph.add(f"probs{head}", Softmax())
        graph.add(f"loss{head}", CrossEntropy(coefficient=coefficient, top=2))
        graph.connect(Wire("data", f"fc{head}"))
        graph.connect(Wire(f"fc{head}", f"probs{head}"))
        graph.connect(Wire(f"probs{head}", f"loss{head}"))
        graph.connect(Wire("labels", f"loss{head}", 1))
    return graph


def _probabilities(pictures: NDArray[Any], weights: NDArray[Any], biases: NDArray[Any]) -> NDArray[Any]:
    values = np.exp(pictures.reshape(len(pictures), -1).astype(np.float64) @ weights.T + biases)
    return np.asarray(values / values.sum(1, keepdims=True))


def test_costs_see_the_mean_of_the_probabilities_over_the_views() -> None:
    """Loss, errors and top errors of two heads, over two batches of which one is short."""
    chance = np.random.default_rng(3)
    graph = _two_heads()
    plan = compile_network(graph, 6, dtype="float64")
    executor = Executor(plan)
    arrays = executor.arrays
    for buffer in plan.by_role("weight"):
        arrays[buffer.name][...] = chance.normal(size=buffer.shape)
    control = StepControl(arrays, plan.slots, TrainingSettings(), 0)
    meter = CostMeter(arrays, infer(graph))
    evaluation = AveragedEvaluation(plan, executor)
    answers: dict[str, list[NDArray[Any]]] = {head: [] for head in COEFFICIENTS}
    labels = chance.integers(0, CLASSES, 10).astype(np.int32)
    for first, valid in ((0, 6), (6, 4)):
        views = chance.normal(size=(5, 6, 3, 3, 2))
        arrays["labels.output"][:valid] = labels[first : first + valid]
        control.set_batch(step=0, epoch=0, cursor=0, valid=valid)
        evaluation.run(views)
        for head, found in answers.items():
            weights, biases = arrays[f"fc{head}.weights"], arrays[f"fc{head}.biases"]
            mean = np.mean([_probabilities(view, weights, biases) for view in views], axis=0)
            assert evaluation.mean(f"loss{head}", "probabilities") == pytest.approx(mean, rel=1e-12)
            found.append(mean[:valid])
    figures = meter.take()
    mean = {head: np.concatenate(found) for head, found in answers.items()}
    rows = np.arange(10)
    losses = [part * -np.log(mean[head][rows, labels]).mean() for head, part in COEFFICIENTS.items()]
    assert figures.examples == 10
    assert figures.loss == pytest.approx(sum(losses), rel=1e-12)
    parts = [COEFFICIENTS[head] * figures.further[f"loss{head}: loss"] for head in COEFFICIENTS]
    assert parts == pytest.approx(losses, rel=1e-12)
    assert figures.error == np.mean(mean["1"].argmax(1) != labels)
    second = np.sort(mean["2"], axis=1)[:, -2]
    assert figures.further["loss2: top-2 error"] == np.mean(mean["2"][rows, labels] < second)


def test_a_training_ends_with_the_figures_of_the_averaged_views(tmp_path: Path) -> None:
    arrays = save_pictures(tmp_path)
    graph = chain(
        data=Data(size=(3, 3), channels=1),
        labels=Labels(),
        fc=Fc(outputs=CLASSES),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    plain = network(graph, batch_size=8)
    several = dataclasses.replace(plain, data=dataclasses.replace(plain.data, test_views="nine"))
    recorders = {"one": Recorder(), "nine": Recorder()}
    for name, what in (("one", plain), ("nine", several)):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
        _, run = run_training(tmp_path / name, what, recorders[name])
    tensors = last_checkpoint(run).tensors
    prepared = (arrays["test_pictures"] - arrays["train_pictures"].mean((0, 1, 2))) * plain.data.scale
    places = [extent * (SIDE - 3) // 2 for extent in range(3)]
    crops = [prepared[:, y : y + 3, x : x + 3] for y in places for x in places]
    mean = np.mean([_probabilities(crop, tensors["fc.weights"], tensors["fc.biases"]) for crop in crops], 0)
    labels = arrays["test_labels"]
    loss = -np.log(mean[np.arange(len(labels)), labels]).mean()
    error = np.mean(mean.argmax(1) != labels)
    line = f"Averaged over 9 views: test error {100 * error:.2f} %, loss {loss:.4f}"
    assert [text for _, text in recorders["nine"].lines].count(line) == 1
    assert not any("Averaged" in text for _, text in recorders["one"].lines)
    assert recorders["nine"].figures() == recorders["one"].figures()
    (*before, last), of_one = (
        [row.further for row in recorders[name].rows if row.split == "test"] for name in ("nine", "one")
    )
    assert last == {
        "error over 9 views": pytest.approx(error),
        "loss over 9 views": pytest.approx(loss, rel=1e-5),
    }
    assert not any([*before, *of_one])
