"""A split network learns what it learns on one device, to within float64's rounding."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from engine.errors import PlanError
from engine.graph.network_file import NetworkFile
from engine.graph.presets import preset_split
from engine.graph.split import LayerSplit, Split
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.training.verification import Course, Example, deviation, make_batches, train
from tests.parallel.networks import devices, small
from tests.parallel.random_splits import try_one

BAR = 1e-10
BATCH = 18
"""Over 4 ranks in scheme c, pieces of one and of two rows."""

NETWORKS = {
    "digits": (8, 2),
    "shapes": (8, 4),
    "cifar10": (8, 8),
    "imagenet": (32, 32),
    "resnet20": (8, 4),
}
"""Example networks: the size of their pictures, and what filters are divided by."""

SPLITS = (("data", "a"), ("model", "a"), ("hybrid", "a"), ("hybrid", "b"), ("hybrid", "c"))


@cache
def network(name: str) -> NetworkFile:
    """Return an example network made small."""
    return small(name, *NETWORKS[name])


@cache
def batches(name: str) -> list[Example]:
    """Return four batches: whole, whole, one with a single example, whole."""
    layers = infer(network(name).graph)
    made = make_batches(layers, BATCH, 4, seed=3)
    return [*made[:2], dataclasses.replace(made[2], valid=1), made[3]]


@cache
def unsplit(name: str) -> Course:
    """Return what becomes of a network on one device."""
    return course(name, Split("one", ("A",)))


def course(name: str, split: Split) -> Course:
    """Return what becomes of a network under a split."""
    plan = compile_network(network(name).graph, BATCH, dtype="float64", split=split)
    return train(plan, network(name), infer(network(name).graph), batches(name))


def cases() -> Iterator[tuple[str, int, str, str]]:
    """Yield the cases: all splits and numbers of ranks on a small network, some of them on the large ones."""
    for number, name in enumerate(NETWORKS):
        for index, (preset, scheme) in enumerate(SPLITS):
            for ranks in (2, 3, 4):
                if name == "digits" or (number + index) % 3 == ranks - 2:
                    yield name, ranks, preset, scheme


@pytest.mark.parametrize(("name", "ranks", "preset", "scheme"), list(cases()))
def test_presets_give_the_answer_of_one_device(name: str, ranks: int, preset: str, scheme: str) -> None:
    """Weights, velocities, and the figures of every step and of the test, agree."""
    split = preset_split(network(name).graph, preset, devices(ranks), scheme)  # type: ignore[arg-type]
    assert max(deviation(unsplit(name), course(name, split)).values()) <= BAR


def test_layers_on_devices_of_their_own_give_the_answer_of_one_device() -> None:
    """Layers on single devices hand their outputs on, as cuda-convnet2's towers do."""
    layers = {"conv1": ("A",), "conv2": ("B",), "conv3": ("A", "C"), "fc4096a": ("C",), "fc1000": ("B",)}
    named = tuple((name, LayerSplit("data", on)) for name, on in layers.items())
    split = Split("towers", devices(3), named)
    assert max(deviation(unsplit("imagenet"), course("imagenet", split)).values()) <= BAR


@pytest.mark.parametrize("seed", range(25))
def test_random_networks_and_splits(seed: int) -> None:
    """Any layers, placed anyhow. ``python -m tests.parallel.random_splits 300`` tries more."""
    found, split = try_one(seed)
    assert found <= BAR, split


@pytest.mark.parametrize("preset", ["data", "model"])
def test_what_an_optimiser_keeps_is_shared_out_with_its_weights(preset: str) -> None:
    """AdamW keeps two arrays for each weight."""
    digits = network("digits")
    training = dataclasses.replace(digits.training, optimiser="adamw")
    split = preset_split(digits.graph, preset, devices(3))  # type: ignore[arg-type]
    one, other = (
        train(
            compile_network(digits.graph, BATCH, dtype="float64", split=each, training=training),
            dataclasses.replace(digits, training=training),
            infer(digits.graph),
            batches("digits"),
        )
        for each in (Split("one", ("A",)), split)
    )
    assert any("squares" in name for name in one.weights)
    assert max(deviation(one, other).values()) <= BAR


def test_a_checkpoint_of_one_split_goes_on_under_another() -> None:
    """Whole arrays taken from hybrid ranks and put into data parallel ones are where they were."""
    name = "imagenet"
    graph, layers = network(name).graph, infer(network(name).graph)
    ones = [
        compile_network(graph, BATCH, dtype="float64", split=split)
        for split in (Split("one", ("A",)), *_two_splits(name))
    ]
    first, second = batches(name)[:2], batches(name)[2:]
    straight = train(ones[0], network(name), layers, first).weights
    expected = train(ones[0], network(name), layers, second, start=straight)
    halfway = train(ones[1], network(name), layers, first).weights
    assert halfway.keys() == straight.keys()
    resumed = train(ones[2], network(name), layers, second, start=halfway)
    assert max(deviation(expected, resumed).values()) <= BAR


def _two_splits(name: str) -> tuple[Split, Split]:
    graph = network(name).graph
    return preset_split(graph, "hybrid", devices(3), "c"), preset_split(graph, "data", devices(2))


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_loss_that_is_not_finite_stops_all_ranks() -> None:
    """One rank sees the bad example; the weights of every rank stay as they were."""
    name = "digits"
    bad = dataclasses.replace(batches(name)[0], pictures=batches(name)[0].pictures.copy())
    bad.pictures[0] = np.inf
    graph, layers = network(name).graph, infer(network(name).graph)
    for preset in ("data", "hybrid"):
        split = preset_split(graph, preset, devices(3))  # type: ignore[arg-type]
        plan = compile_network(graph, BATCH, dtype="float64", split=split)
        before = train(plan, network(name), layers, [])
        after = train(plan, network(name), layers, [bad, *batches(name)])
        assert all(np.array_equal(before.weights[key], after.weights[key]) for key in before.weights)


def test_runs_are_equal_bit_for_bit() -> None:
    """Sums over ranks are taken in one order."""
    split = preset_split(network("digits").graph, "hybrid", devices(3), "b")
    one, other = course("digits", split), course("digits", split)
    assert max(deviation(one, other).values()) == 0.0


def test_batches_too_small_to_share_out_are_refused() -> None:
    """Every rank needs a row in every pass."""
    graph = network("digits").graph
    split = preset_split(graph, "hybrid", devices(4), "c")
    with pytest.raises(PlanError, match="at least 16 examples"):
        compile_network(graph, 15, split=split)


def test_layers_that_need_the_whole_batch_are_refused_in_passes() -> None:
    """A layer after those in passes cannot share out examples."""
    graph = network("digits").graph
    split = preset_split(graph, "hybrid", devices(2), "b")
    back = Split("back", split.devices, (*split.layers[:-1], (split.layers[-1][0], LayerSplit("data"))), "b")
    with pytest.raises(PlanError, match="come first"):
        compile_network(graph, 16, split=back)
