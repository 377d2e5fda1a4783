"""Layers that take the batch in passes can be updated after each: as one device does that does so in turn."""

from __future__ import annotations

import dataclasses

import pytest

from engine.errors import PlanError
from engine.graph.examples import load_example
from engine.graph.presets import choose_split
from engine.graph.settings import TrainingSettings
from engine.plan.analysis.infer import infer
from engine.plan.analysis.traffic import step_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.training.serial_parts import train_in_parts
from engine.training.verification import deviation, make_batches, train
from tests.parallel.networks import small

BATCH = 11


@pytest.mark.parametrize(
    ("split", "ranks"), [("hybrid-b-pass", 2), ("hybrid-c-pass", 3), ("hybrid-b-pass", 4)]
)
@pytest.mark.parametrize("name", ["digits", "imagenet"])
def test_a_split_gives_what_the_same_order_of_updates_gives_on_one_device(
    name: str, split: str, ranks: int
) -> None:
    network = load_example(name) if name == "digits" else small(name, 32, 32)
    layers = infer(network.graph)
    size = BATCH if ranks < 3 else 17
    batches = make_batches(layers, size, 4, seed=1)
    chosen = choose_split(network.graph, (), split, ranks)
    plan = compile_network(network.graph, size, dtype="float64", split=chosen, training=network.training)
    found = deviation(train_in_parts(network, layers, batches, chosen), train(plan, network, layers, batches))
    assert max(found.values()) <= 1e-10, found


def test_it_is_another_training_than_with_one_update_a_step() -> None:
    network = load_example("digits")
    layers = infer(network.graph)
    batches = make_batches(layers, BATCH, 3, seed=1)
    chosen = choose_split(network.graph, (), "hybrid-b-pass", 2)
    once = dataclasses.replace(chosen, updates="step")
    plan = compile_network(network.graph, BATCH, dtype="float64", split=once, training=network.training)
    found = deviation(train_in_parts(network, layers, batches, chosen), train(plan, network, layers, batches))
    assert found["fc64.weights"] > 1e-8
    assert found["fc64.weights.velocity"] > 1e-4


def test_it_sends_the_same_bytes() -> None:
    network = load_example("imagenet")
    sent = [
        step_bytes(plan.programs[TRAIN], plan.buffers)
        for split in ("hybrid-b", "hybrid-b-pass")
        for plan in [compile_network(network.graph, 16, split=choose_split(network.graph, (), split, 2))]
    ]
    assert sent[0] == sent[1]


def test_an_optimiser_that_counts_steps_is_refused() -> None:
    network = load_example("digits")
    chosen = choose_split(network.graph, (), "hybrid-b-pass", 2)
    with pytest.raises(PlanError, match="SGD"):
        compile_network(network.graph, 8, split=chosen, training=TrainingSettings(optimiser="adamw"))


@pytest.mark.parametrize("name", ["hybrid-b-", "hybrid-b-pass-pass", "hybrid-b-often", "hybrid-d"])
def test_names_of_presets_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(PlanError):
        choose_split(load_example("digits").graph, (), name, 2)
