"""Buffers that share memory change nothing: an arena gives what memory of its own for each buffer gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.layer_graph import LayerGraph, Wire
from engine.layers.catalogue import Dropout, Pool
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.runtime.devices import best_code
from engine.runtime.executor import Executor
from kernels import control
from tests.graph.networks import small_graph
from tests.plan.executing import branching_networks, fill, spread, transient


def check_same_bits(graph: LayerGraph, batch_size: int, code: str = "") -> None:
    """Run a plan in its arena and in memory of its own for each buffer, and compare all that persists.

    Before each program, all memory that it may write over is filled with NaN, as others might leave it.
    """
    plan = compile_network(graph, batch_size, code=code)
    executors = []
    for placed in (plan, spread(plan)):
        executor = Executor(placed)
        fill(executor, placed, seed=batch_size)
        for step, program in enumerate((TRAIN, EVALUATE, TRAIN)):
            for _, array in transient(placed, executor, program):
                array.reshape(-1).view(np.uint8)[...] = 0xFF
            executor.arrays["counters"][control.STEP] = step
            executor.run(program)
        executors.append(executor)
    shared, separate = executors
    for name in shared.arrays:
        assert shared.arrays[name].tobytes() == separate.arrays[name].tobytes(), name


@settings(max_examples=40)
@given(branching_networks(), st.integers(1, 4))
def test_an_arena_gives_the_same_bits_as_separate_buffers(graph: LayerGraph, batch_size: int) -> None:
    check_same_bits(graph, batch_size)


def test_an_arena_gives_the_same_bits_with_kernels_that_are_built() -> None:
    graph = small_graph()
    graph.add("drop1", Dropout())
    graph.connect(Wire("pool1", "drop1"))
    graph.add("avg1", Pool(pool="avg", size=(2, 2)))
    graph.connect(Wire("drop1", "avg1"))
    graph.connect(Wire("avg1", "fc10", 1))
    check_same_bits(graph, 5, best_code("cpu"))


def test_the_arena_is_smaller_than_the_sum_of_all_buffers() -> None:
    plan = compile_network(small_graph(), 16)
    assert plan.arena_bytes[0] < 0.6 * sum(buffer.nbytes(0) for buffer in plan.buffers.values())


def test_neurons_are_computed_in_place() -> None:
    plan = compile_network(small_graph(), 4)
    places = plan.programs[TRAIN].placements[0]
    assert places["conv1.sums"] == places["conv1.output"]
    assert places["conv1.output.gradient"] == places["conv1.sums.gradient"]


def test_what_persists_has_one_place_in_all_programs() -> None:
    plan = compile_network(small_graph(), 4)
    train, evaluate = (plan.programs[name].placements[0] for name in (TRAIN, EVALUATE))
    for name, buffer in plan.buffers.items():
        if buffer.persistent:
            assert train[name] == evaluate[name]


def test_arrays_are_aligned_to_cache_lines() -> None:
    executor = Executor(compile_network(small_graph(), 3))
    assert all(array.ctypes.data % 64 == 0 for array in executor.arrays.values())


def test_compiling_twice_gives_one_plan() -> None:
    assert compile_network(small_graph(), 5) == compile_network(small_graph(), 5)
