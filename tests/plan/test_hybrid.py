"""The hand-written plan of two ranks and two passes: printed, projected, placed, proved and run."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import PlanError
from engine.graph.layer_graph import LayerGraph
from engine.layers.catalogue import Conv, CrossEntropy, Data, Fc, Labels, Softmax
from engine.plan.analysis.order import HappensBefore, prove, prove_data_flow, prove_one_order
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.table import format_plan
from engine.plan.types import Operation, Placement, Program
from engine.runtime.arena import Arena
from engine.runtime.executor import Executor
from kernels import control
from kernels.registry import find
from tests.graph.networks import chain
from tests.plan.hybrid import ALL, BATCH_SIZE, PASSES, RANKS, ROWS, UNITS, buffers, hybrid_plan, operations

GOLDEN = Path(__file__).parent / "golden" / "hybrid.txt"

Arrays = dict[str, NDArray[Any]]


def test_the_plan_prints_as_in_the_golden_file() -> None:
    plan = hybrid_plan()
    printed = "\n".join(format_plan(plan, rank) for rank in RANKS)
    assert printed == GOLDEN.read_text(encoding="utf-8")


def test_each_rank_holds_its_share_of_what_is_shared_out() -> None:
    plan = hybrid_plan()
    shapes = {
        name: tuple(plan.buffers[name].local_shape(rank) for rank in RANKS)
        for name in (
            "data.output",
            "conv.output.gradient",
            "conv.weights",
            "fc.weights",
            "fc.share@0",
            "fc.input@1",
        )
    }
    assert shapes == {
        "data.output": ((3, 4, 4, 1), (2, 4, 4, 1)),
        "conv.output.gradient": ((3, 4, 4, 2), (2, 4, 4, 2)),
        "conv.weights": ((2, 3, 3, 1), (2, 3, 3, 1)),
        "fc.weights": ((3, 32), (2, 32)),
        "fc.share@0": ((3, 3), (3, 2)),
        "fc.input@1": ((2, 4, 4, 2), (2, 4, 4, 2)),
    }
    assert plan.arena_bytes[0] > plan.arena_bytes[1]


def test_a_rank_has_only_the_ports_that_it_takes_part_with() -> None:
    by_name = {operation.name: operation for operation in operations()}
    assert by_name["fc.send@1"].reads(0) == {}
    assert by_name["fc.send@1"].reads(1) == {"x": "conv.output"}
    assert by_name["fc.send@1"].writes(0) == by_name["fc.send@1"].writes(1) == {"y": "fc.input@1"}
    assert by_name["fc.return@0"].writes(0) == {"y": "conv.output.gradient"}
    assert by_name["fc.return@0"].writes(1) == {}


def test_a_projection_keeps_the_order_and_leaves_out_what_other_ranks_do() -> None:
    program = hybrid_plan().programs[TRAIN]
    assert program.of_rank(0) == program.of_rank(1) == program.operations
    own = dataclasses.replace(program.operations[0], name="own", ranks=(1,), after=())
    longer = Program("train", (*program.operations, own))
    assert longer.of_rank(0) == program.operations
    assert [operation.name for operation in longer.of_rank(1)][-1] == "own"


REDUCED = tuple({f"conv.{name}.gradient", f"conv.{name}.sum"} for name in ("weights", "biases"))


def overlap(one: Placement, two: Placement) -> bool:
    return one.offset < two.offset + two.nbytes and two.offset < one.offset + one.nbytes


@pytest.mark.parametrize("rank", RANKS)
def test_no_buffers_in_use_at_once_share_memory(rank: int) -> None:
    """All uses of one end before any of the other begin, but for the reductions in place."""
    plan = hybrid_plan()
    steps = plan.programs[TRAIN].of_rank(rank)
    order = HappensBefore(steps)
    users: dict[str, set[int]] = {}
    for number, step in enumerate(steps):
        for name in (*step.reads(rank).values(), *step.writes(rank).values()):
            users.setdefault(name, set()).add(number)
    places = plan.programs[TRAIN].placements[rank]
    shared = 0
    for one, two in itertools.combinations(users, 2):
        if overlap(places[one], places[two]):
            shared += 1
            pairs = [(a, b) for a in users[one] for b in users[two] if a != b]
            forth = all(order.ends_before(a, b) for a, b in pairs)
            back = all(order.ends_before(b, a) for a, b in pairs)
            assert forth or back
            if users[one] & users[two]:
                assert {one, two} in REDUCED
    assert shared > 0


def test_activations_on_their_way_are_not_written_over() -> None:
    """Pass 1's activations are sent from rank 1 while both ranks compute pass 0."""
    program = hybrid_plan().programs[TRAIN]
    for rank in RANKS:
        places = program.placements[rank]
        for name in ("fc.share@0", "fc.output@0", "probs.output@0", "fc.output.gradient@0", "fc.input@0"):
            assert not overlap(places["fc.input@1"], places[name])
    sender = program.placements[1]
    assert not overlap(sender["conv.output"], sender["fc.share@0"])
    assert overlap(program.placements[0]["conv.output"], program.placements[0]["fc.share@0"])


# ---- Running it ------------------------------------------------------------------------------------------


def run(step: Operation, arrays: dict[int, Arrays]) -> None:
    """Do one operation on all ranks; ``arrays`` holds each rank's arrays by port."""
    x = {rank: arrays[rank]["x"] for rank in RANKS if "x" in arrays[rank]}
    y = {rank: arrays[rank]["y"] for rank in RANKS if "y" in arrays[rank]}
    match step.kind:
        case "broadcast":
            (content,) = x.values()
            results = dict.fromkeys(y, content)
        case "all_gather":
            results = dict.fromkeys(y, np.concatenate([x[rank] for rank in RANKS], axis=1))
        case "reduce" | "all_reduce":
            results = dict.fromkeys(y, x[0] + x[1])
        case "take":
            results = {rank: x[rank][:, UNITS.offsets[rank] : UNITS.offsets[rank + 1]] for rank in y}
        case _:
            for rank in step.ranks:
                run_kernel(step, arrays[rank])
            return
    for rank, result in results.items():
        y[rank][...] = result


def run_kernel(step: Operation, arrays: Arrays) -> None:
    kernel = find(step.kind, "cpu")
    shapes = {port: array.shape for port, array in arrays.items()}
    wanted = kernel.workspace(shapes, **step.attributes) if kernel.workspace else {}
    scratch = {port: np.empty(shape) for port, shape in wanted.items()}
    kernel.function(**arrays, **scratch, **step.attributes)


def single() -> tuple[LayerGraph, Executor]:
    """Return the same network on one device, with random weights and a batch."""
    graph = chain(
        data=Data(size=(4, 4), channels=1),
        labels=Labels(),
        conv=Conv(filters=2, size=(3, 3), padding=(1, 1), neuron="none"),
        fc=Fc(outputs=5),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    executor = Executor(compile_network(graph, BATCH_SIZE, dtype="float64"))
    chance = np.random.default_rng(4)
    for name in ("data.output", "conv.weights", "conv.biases", "fc.weights", "fc.biases"):
        executor.arrays[name][...] = chance.normal(size=executor.arrays[name].shape)
    executor.arrays["labels.output"][...] = [0, 4, 2, 3, 1]
    set_counters(executor.arrays["counters"], BATCH_SIZE)
    executor.arrays["settings"][...] = chance.uniform(0.1, 0.5, (4, 3))
    return graph, executor


def set_counters(counters: NDArray[Any], valid: int) -> None:
    counters[...] = 0
    counters[control.VALID] = valid
    counters[control.UPDATE] = 1
    counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP


def test_the_plan_run_on_two_ranks_learns_what_one_device_learns() -> None:
    """In the arenas' memory, so that a wrong place would show; three steps, so that momentum counts."""
    plan = hybrid_plan()
    program = plan.programs[TRAIN]
    _, executor = single()
    arenas = {rank: Arena(plan.arena_bytes[rank]) for rank in RANKS}
    views = {
        rank: {
            name: arenas[rank].view(plan.buffers[name], at, rank)
            for name, at in program.placements[rank].items()
        }
        for rank in RANKS
    }
    for rank in RANKS:
        rows, units = slice(*ROWS.offsets[rank : rank + 2]), slice(*UNITS.offsets[rank : rank + 2])
        for name in ("conv.weights", "conv.biases", "settings"):
            views[rank][name][...] = executor.arrays[name]
        for name in ("fc.weights", "fc.biases"):
            views[rank][name][...] = executor.arrays[name][units]
        views[rank]["data.output"][...] = executor.arrays["data.output"][rows]
        for p in PASSES:
            views[rank][f"labels@{p}"][...] = executor.arrays["labels.output"][
                slice(*ROWS.offsets[p : p + 2])
            ]
            set_counters(views[rank][f"counters@{p}"], ROWS.extent(p))
    for _ in range(3):
        executor.run(TRAIN)
        for step in program.operations:
            run(
                step,
                {
                    r: {port: views[r][n] for port, n in (step.reads(r) | step.writes(r)).items()}
                    for r in RANKS
                },
            )
    for rank in RANKS:
        units = slice(*UNITS.offsets[rank : rank + 2])
        for name in ("conv.weights", "conv.biases", "conv.weights.velocity"):
            np.testing.assert_allclose(views[rank][name], executor.arrays[name], rtol=1e-12)
        for name in ("fc.weights", "fc.biases", "fc.weights.velocity"):
            np.testing.assert_allclose(views[rank][name], executor.arrays[name][units], rtol=1e-12)
        losses = [views[rank][f"loss.metrics@{p}"][control.LOSS] for p in PASSES]
        assert sum(losses) == pytest.approx(executor.arrays["loss.metrics"][control.LOSS])


# ---- What the proofs catch -------------------------------------------------------------------------------


def changed(name: str, **changes: object) -> Program:
    """Return the program with one operation changed."""
    return Program(
        "train",
        tuple(
            dataclasses.replace(step, **changes) if step.name == name else step  # type: ignore[arg-type]
            for step in operations()
        ),
    )


def without(*names: str) -> Program:
    """Return the program without some operations, and without the waits for them."""
    return Program(
        "train",
        tuple(
            dataclasses.replace(step, after=tuple(name for name in step.after if name not in names))
            for step in operations()
            if step.name not in names
        ),
    )


@pytest.mark.parametrize(
    ("step", "wait"), [(step.name, wait) for step in operations() for wait in step.after]
)
def test_leaving_out_a_wait_is_caught_unless_others_see_to_it(step: str, wait: str) -> None:
    after = next(operation.after for operation in operations() if operation.name == step)
    program = changed(step, after=tuple(name for name in after if name != wait))
    orders = [HappensBefore(program.of_rank(rank)) for rank in RANKS]
    if all(order.ends_before(order.index[wait], order.index[step]) for order in orders):
        prove(program, buffers(), RANKS, (ALL,))
    else:
        with pytest.raises(PlanError):
            prove(program, buffers(), RANKS, (ALL,))


def test_most_waits_are_needed() -> None:
    """Those of pass 1 for what pass 0 already waited for are the others."""
    kept = 0
    for step in operations():
        for wait in step.after:
            order = HappensBefore(tuple(changed(step.name, after=tuple(set(step.after) - {wait})).operations))
            kept += order.ends_before(order.index[wait], order.index[step.name])
    assert kept == 3


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("conv.forward", "conv.output to be written before it"),
        ("fc.send@1", "fc.input@1 to be written before it"),
        ("fc.backward_weights@0", "fc.weights.gradient to be written before it"),
        ("conv.reduce_biases", "conv.biases.sum to be written before it"),
    ],
)
def test_a_missing_writer_is_caught(missing: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        prove(without(missing), buffers(), RANKS, (ALL,))


@pytest.mark.parametrize("rank", RANKS)
def test_a_gradient_that_one_rank_never_gets_is_caught_on_that_rank(rank: int) -> None:
    program = without(f"fc.return@{rank}")
    prove_data_flow(program, buffers(), 1 - rank)
    with pytest.raises(PlanError, match=r"conv\.output\.gradient to be written before it"):
        prove_data_flow(program, buffers(), rank)


def test_a_term_of_a_sum_is_not_taken_for_the_sum() -> None:
    program = changed(
        "conv.weights.update",
        inputs={"gradient": "conv.weights.gradient", "counters": "counters@1", "settings": "settings"},
    )
    with pytest.raises(PlanError, match=r"conv\.weights\.gradient to be summed over its ranks"):
        prove(program, buffers(), RANKS, (ALL,))


def test_a_member_that_is_missing_is_caught() -> None:
    with pytest.raises(PlanError, match=r"expected ranks \(0, 1\) at fc.gather@1, found \(0,\)"):
        prove_one_order(changed("fc.gather@1", ranks=(0,)), (ALL,))


def test_communications_that_nothing_orders_are_caught() -> None:
    """On two streams, one rank might come to fc.send@1 first and another to fc.gather@0."""
    with pytest.raises(PlanError, match=r"expected fc\.send@0 to end before fc\.send@1 on rank 0"):
        prove_one_order(changed("fc.send@1", stream="compute", after=()), (ALL,))


def test_communications_that_only_one_rank_orders_are_caught_on_the_other() -> None:
    """The wait goes through an operation that rank 1 does not run."""
    first = Operation("first", "all_reduce", "a", ranks=RANKS, communicator="all")
    between = Operation("between", "copy", "a", ranks=(0,), after=("first",))
    second = dataclasses.replace(first, name="second", stream="communication", after=("between",))
    program = Program("test", (first, between, second))
    with pytest.raises(PlanError, match="expected first to end before second on rank 1"):
        prove_one_order(program, (ALL,))


def test_a_wait_for_what_comes_later_or_is_not_there_is_no_program() -> None:
    first = Operation("first", "copy", "a", after=("second",))
    second = Operation("second", "copy", "a")
    for steps in ((first, second), (first,), (second, second)):
        with pytest.raises(ValueError, match="there twice, or waits for what does not come before it"):
            Program("test", steps)
