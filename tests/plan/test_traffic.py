"""Bytes that ranks send one another, as plans print them and as counted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.graph.presets import preset_split
from engine.parallel.communicators.communicator import Message
from engine.parallel.communicators.local import LocalCommunicator, run_ranks
from engine.plan.analysis.traffic import sent_bytes, step_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.table import format_plan
from engine.runtime.executor import Executor
from tests.parallel.networks import EXAMPLES, devices, small

FLOAT = 4
WEIGHTS = 74_721_984 + 10_344
CONVOLUTIONS = 2_468_544 + 1_152
POOL3, FC, CLASSES = 12_544, 4_096, 1_000


def _imagenet() -> NetworkFile:
    return network_file.load(EXAMPLES / "imagenet.convnet")


@pytest.mark.parametrize("ranks", [2, 4, 8])
def test_data_parallel_sends_each_gradient_twice(ranks: int) -> None:
    """All ranks together send 2 (K − 1) times the weights and biases."""
    graph = _imagenet().graph
    plan = compile_network(graph, 128 * ranks, split=preset_split(graph, "data", devices(ranks)))
    sent = step_bytes(plan.programs[TRAIN], plan.buffers)
    assert sent.pop("agree") == 8 * ranks * (ranks - 1)
    assert sent == {"all_reduce": 2 * (ranks - 1) * WEIGHTS * FLOAT}


@pytest.mark.parametrize("scheme", ["a", "b", "c"])
@pytest.mark.parametrize("ranks", [2, 4, 8])
def test_hybrid_sends_activations_where_outputs_are_shared_out(ranks: int, scheme: str) -> None:
    """Whatever the scheme: gradients of convolutions; and of each example K − 1 times the outputs of pool3,
    of both hidden layers and of the last one forth, and gradients of all but the last back.
    """
    graph = _imagenet().graph
    split = preset_split(graph, "hybrid", devices(ranks), scheme)  # type: ignore[arg-type]
    plan = compile_network(graph, 128 * ranks, split=split)
    sent = step_bytes(plan.programs[TRAIN], plan.buffers)
    forth, back = POOL3 + 2 * FC + CLASSES, POOL3 + 2 * FC
    activations = 128 * ranks * (ranks - 1) * (forth + back) * FLOAT
    gradients = 2 * (ranks - 1) * CONVOLUTIONS * FLOAT
    assert sum(sent.values()) - sent["agree"] == activations + gradients
    expected = {"all_gather", "reduce_scatter"}
    if scheme == "b":
        expected |= {"reduce", "broadcast" if ranks > 2 else "send"}
    assert set(sent) == expected | {"all_reduce", "agree"}


def test_what_is_counted_is_what_is_sent() -> None:
    """A communicator that counts sees, on each rank, the bytes that the plan prints."""
    network = small("cifar10", 8, 8)
    split = preset_split(network.graph, "hybrid", devices(3), "c")
    plan = compile_network(network.graph, 20, split=split)

    class Counting(LocalCommunicator):
        sent = 0

        def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
            self.sent += sum(array.nbytes for _, array in sends)
            super().exchange(sends, receives)

    def work(line: LocalCommunicator) -> int:
        line.__class__ = Counting
        assert isinstance(line, Counting)
        executor = Executor(plan, line.rank, line)
        for array in executor.arrays.values():
            array[...] = np.ones((), array.dtype)
        executor.run(TRAIN)
        return line.sent

    counted: Counter[int] = Counter()
    for operation in plan.programs[TRAIN].operations:
        counted.update(sent_bytes(operation, plan.buffers))
    assert run_ranks(3, work) == [counted[rank] for rank in range(3)]


def test_a_plan_prints_its_communications_with_their_bytes() -> None:
    """In the program's line, and in a column of the table."""
    network = small("cifar10", 8, 8)
    plan = compile_network(network.graph, 8, split=preset_split(network.graph, "data", devices(2)))
    text = format_plan(plan, 1)
    weights = sum(np.prod(buffer.shape, dtype=int) for buffer in plan.by_role("weight"))
    assert f"2 ranks send {2 * weights * FLOAT + 16:,} bytes" in text
    assert "gradients.all_reduce0" in text
    assert "sends" in text
