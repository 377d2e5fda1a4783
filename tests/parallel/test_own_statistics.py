"""Batch normalisation over each device's own examples gives what one device gives that takes them in turn."""

from __future__ import annotations

import dataclasses

import pytest

from engine.errors import PlanError
from engine.graph.network_file import NetworkFile
from engine.graph.presets import choose_split
from engine.graph.split import LayerSplit, Split
from engine.layers.batch_norm import OF_DEVICE, BatchNorm
from engine.plan.analysis.infer import infer
from engine.plan.analysis.traffic import step_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.training.serial_parts import changes_the_answer, train_in_parts
from engine.training.verification import Example, deviation, make_batches, train
from tests.parallel.gpu_twins import on_cpu
from tests.parallel.networks import devices, small

BATCH = 11
BAR = 1e-10


def network() -> NetworkFile:
    """Return ResNet-20 made small, with statistics of each device's own."""
    found = small("resnet20", 8, 4)
    for name, layer in found.graph.layers().items():
        if isinstance(layer, BatchNorm):
            found.graph.replace(name, dataclasses.replace(layer, statistics=OF_DEVICE))
    return found


NETWORK = network()
LAYERS = infer(NETWORK.graph)


@pytest.mark.parametrize(("split", "ranks"), [("data", 2), ("data", 3), ("hybrid-b", 3)])
def test_a_split_gives_what_one_device_gives_part_by_part(split: str, ranks: int) -> None:
    """Over 3 ranks, one has no valid row in the third batch."""
    batches = [dataclasses.replace(batch, valid=4) if n == 2 else batch for n, batch in enumerate(_batches())]
    chosen = choose_split(NETWORK.graph, (), split, ranks)
    plan = compile_network(NETWORK.graph, BATCH, dtype="float64", split=chosen, training=NETWORK.training)
    one = train_in_parts(NETWORK, LAYERS, batches, chosen)
    assert max(deviation(one, train(plan, NETWORK, LAYERS, batches)).values()) <= BAR


def test_plans_for_gpus_do_so_too() -> None:
    chosen = choose_split(NETWORK.graph, (), "data", 2)
    plan = compile_network(NETWORK.graph, BATCH, device="cuda", dtype="float64", split=chosen)
    with on_cpu(plan) as runnable:
        found = train(runnable, NETWORK, LAYERS, _batches())
    assert max(deviation(train_in_parts(NETWORK, LAYERS, _batches(), chosen), found).values()) <= BAR


@pytest.mark.gpu
@pytest.mark.parametrize(("split", "ranks"), [("data", 2), ("hybrid-b", 3)])
def test_ranks_that_share_a_gpu_do_so_too(split: str, ranks: int) -> None:
    chosen = choose_split(NETWORK.graph, (), split, ranks)
    plan = compile_network(
        NETWORK.graph, BATCH, device="cuda", dtype="float64", split=chosen, training=NETWORK.training
    )
    found = train(plan, NETWORK, LAYERS, _batches())
    assert max(deviation(train_in_parts(NETWORK, LAYERS, _batches(), chosen), found).values()) <= BAR


def test_it_is_another_answer_than_that_of_the_whole_batch_and_sends_less() -> None:
    chosen = choose_split(NETWORK.graph, (), "data", 2)
    whole = small("resnet20", 8, 4)
    plans = [compile_network(each.graph, BATCH, dtype="float64", split=chosen) for each in (NETWORK, whole)]
    assert changes_the_answer(LAYERS, chosen)
    assert not changes_the_answer(infer(whole.graph), chosen)
    own, of_whole = (train(plan, NETWORK, LAYERS, _batches()) for plan in plans)
    assert max(deviation(of_whole, own).values()) > 1e-6
    sent = [sum(step_bytes(plan.programs[TRAIN], plan.buffers).values()) for plan in plans]
    assert sent[0] < sent[1] / 2


def test_on_one_device_and_where_outputs_are_shared_out_it_changes_nothing() -> None:
    for split in (Split("one", ("A",)), choose_split(NETWORK.graph, (), "model", 2)):
        assert not changes_the_answer(LAYERS, split)


def test_rows_that_are_scattered_are_refused() -> None:
    chosen = choose_split(NETWORK.graph, (), "hybrid-c", 2)
    with pytest.raises(PlanError, match="Take scheme a or b, or statistics over the whole batch"):
        compile_network(NETWORK.graph, BATCH, split=chosen)


def test_what_cannot_be_taken_apart_cannot_be_verified() -> None:
    """Some layers over the whole batch, or over a part of the devices."""
    split = choose_split(NETWORK.graph, (), "data", 3)
    norm = next(name for name, layer in NETWORK.graph.layers().items() if isinstance(layer, BatchNorm))
    layers = (*split.layers, (norm, LayerSplit("data", devices(2))))
    mixed = dataclasses.replace(split, layers=layers)
    with pytest.raises(PlanError, match="nothing that it could be held against"):
        train_in_parts(NETWORK, LAYERS, _batches(), mixed)


def _batches() -> list[Example]:
    return make_batches(LAYERS, BATCH, 3, seed=2)
