"""The memory that plans run in, and running them."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from engine.errors import DeviceError
from engine.graph.layer_graph import Wire
from engine.graph.presets import choose_split
from engine.layers.catalogue import Dropout
from engine.parallel.communicators.single import Single
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.plan.types import Buffer, Placement, Shares
from engine.runtime.arena import Arena
from engine.runtime.executor import Executor
from kernels import control
from tests.graph.networks import small_graph
from tests.plan.executing import fill, head, start


def test_a_view_lies_at_its_place_in_the_arena() -> None:
    arena = Arena(256)
    vector = Buffer("v", "activation", (4,), ("unit",), "float32")
    first, second = (arena.view(vector, Placement(offset, 16), 0) for offset in (0, 64))
    assert second.ctypes.data - first.ctypes.data == 64
    second[...] = 7
    assert first.tolist() == [0, 0, 0, 0]
    assert arena.view(vector, Placement(64, 16), 0).tolist() == [7, 7, 7, 7]


def test_a_view_has_the_shape_of_the_ranks_share_in_the_order_of_the_layout() -> None:
    buffer = Buffer(
        "x",
        "activation",
        (5, 2, 3),
        ("n", "height", "channel"),
        "float64",
        layout=("channel", "n", "height"),
        sharding=(Shares((0, 1), (0, 3, 5)), None, None),
        ranks=(0, 1),
    )
    for rank, rows in ((0, 3), (1, 2)):
        view = Arena(256).view(buffer, Placement(0, buffer.nbytes(rank)), rank)
        assert view.shape == (3, rows, 2)
        assert view.flags.c_contiguous


@pytest.mark.parametrize("nbytes", [10**15, 10**30])
def test_memory_that_is_not_there_is_told(nbytes: int) -> None:
    with pytest.raises(DeviceError, match=r"GiB of memory, which is not free\. Make the batch"):
        Arena(nbytes)


def test_programs_share_what_persists() -> None:
    graph = start()
    head(graph, "data")
    plan = compile_network(graph, 2)
    executor = Executor(plan)
    for name, array in executor.arrays.items():
        assert plan.buffers[name].persistent
        for program in (TRAIN, EVALUATE):
            assert np.shares_memory(executor.content(program, name), array)


def test_evaluation_changes_no_weight_and_training_without_update_neither() -> None:
    graph = start()
    head(graph, "data")
    plan = compile_network(graph, 2)
    executor = Executor(plan)
    fill(executor, plan, seed=1)
    weights = [executor.arrays[slot.weight].tobytes() for slot in plan.slots]
    executor.run(EVALUATE)
    executor.arrays["counters"][control.UPDATE] = 0
    executor.run(TRAIN)
    assert [executor.arrays[slot.weight].tobytes() for slot in plan.slots] == weights
    executor.arrays["counters"][control.UPDATE] = 1
    executor.run(TRAIN)
    assert [executor.arrays[slot.weight].tobytes() for slot in plan.slots] != weights


@pytest.mark.parametrize("valid", [0, 1, 3])
def test_rows_beyond_the_valid_ones_change_nothing_whatever_they_hold(valid: int) -> None:
    """Bit for bit: weights, velocities, figures and counters after three steps."""
    graph = small_graph()
    graph.add("drop1", Dropout())
    graph.disconnect(Wire("pool1", "fc10"))
    graph.connect(Wire("pool1", "drop1"))
    graph.connect(Wire("drop1", "fc10"))
    plan = compile_network(graph, 4)
    results = []
    for padding in (0.0, 3.5, -1e6):
        executor = Executor(plan)
        fill(executor, plan, seed=2, valid=valid)
        executor.arrays["data.output"][valid:] = padding
        executor.arrays["labels.output"][valid:] = int(padding == 3.5)
        for _ in range(3):
            executor.run(TRAIN)
        executor.run(EVALUATE)
        results.append(
            {name: array.tobytes() for name, array in executor.arrays.items() if not name.endswith(".output")}
        )
    assert results[0] == results[1] == results[2]


class _Silence(Single):
    """A line to another rank that neither says nor hears anything."""

    size = 2


def test_what_communication_takes_is_that_of_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was timed step by step in between adds nothing to it."""
    ticks = count()
    monkeypatch.setattr(
        "engine.runtime.stopwatch.time", SimpleNamespace(perf_counter=lambda: float(next(ticks)))
    )
    graph = start()
    head(graph, "data")
    plan = compile_network(graph, 4, split=choose_split(graph, (), "data", 2))
    executor = Executor(plan, 0, _Silence())
    executor.run(TRAIN)
    messages = executor.communication_seconds(TRAIN)
    assert messages >= 1.0
    executor.timed(TRAIN)
    executor.run(TRAIN)
    assert executor.communication_seconds(TRAIN) == messages
