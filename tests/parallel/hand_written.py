"""``mpiexec -n 2 python -m mpi4py -m tests.parallel.hand_written``: runs the plan that was written by hand.

Each rank prints how far that plan is from one device after three steps, and how far the compiled plan of the
same network and split is: hybrid, scheme b. With ``cuda`` at the end each rank trains on the GPU of its
number, where NCCL sends within the captured step.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.graph.presets import preset_split
from engine.parallel.communicators.communicator import Communicator
from engine.parallel.communicators.mpi import MpiCommunicator
from engine.plan.analysis.memory import place
from engine.plan.analysis.order import prove
from engine.plan.analysis.partition.communicate import SLICE
from engine.plan.compile.equip import Target, equip
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import BATCH, Buffer, Program, TrainingPlan
from engine.runtime.distributed import Distributed
from engine.runtime.executor import Executor
from kernels import control
from tests.parallel.networks import devices
from tests.plan.hybrid import ALL, BATCH_SIZE, PASSES, RANKS, ROWS, hybrid_plan
from tests.plan.test_hybrid import set_counters, single

Kind = Literal["cpu", "cuda"]
STEPS = 3
LEARNT = ("conv.weights", "conv.biases", "fc.weights", "fc.biases")


def equipped(kind: Kind) -> TrainingPlan:
    """Return the plan with the scratch memory that a kind of device wants, to be run by an Executor."""
    plan = hybrid_plan()
    operations = [
        replace(op, kind=SLICE) if op.kind == "take" else op for op in plan.programs[TRAIN].operations
    ]
    buffers = {name: _with_rows(buffer) for name, buffer in plan.buffers.items()}
    buffers["counters"] = buffers["counters@0"]  # every compiled plan has those
    program = Program(TRAIN, equip(TRAIN, operations, buffers, Target(kind, "float64", "")))
    prove(program, buffers, RANKS, (ALL,))
    programs, arena_bytes = place({TRAIN: program}, buffers, RANKS)
    return replace(plan, device=kind, buffers=buffers, programs=programs, arena_bytes=arena_bytes)


def _with_rows(buffer: Buffer) -> Buffer:
    """Tell of a buffer of one pass which rows of the batch it has: those of the pass."""
    if buffer.pass_index is None or buffer.axes[0] != BATCH:
        return buffer
    return replace(buffer, rows=(ROWS.offsets[buffer.pass_index : buffer.pass_index + 2],))


def learn(plan: TrainingPlan, line: Communicator, device: str, one: Executor) -> dict[str, NDArray[Any]]:
    """Train from what ``one`` device begins with; return the whole weights and their velocities."""
    executor = Executor(plan, line.rank, line, device=device)
    arrays = Distributed(plan, executor.arrays, line)
    for name in (*LEARNT, "data.output"):
        arrays.put(name, one.arrays[name])
    executor.arrays["settings"] = one.arrays["settings"]
    _feed(plan, executor, arrays, one.arrays["labels.output"])
    for _ in range(STEPS):
        executor.run(TRAIN)
    return {name: arrays.whole(name) for each in LEARNT for name in (each, f"{each}.velocity")}


def _feed(plan: TrainingPlan, executor: Executor, arrays: Distributed, labels: NDArray[np.int32]) -> None:
    """Put in labels and counters: the plan written by hand has some for each pass."""
    counters = np.zeros(control.COUNTERS, np.int64)
    if f"labels@{PASSES[0]}" in plan.buffers:
        for p in PASSES:
            arrays.put(f"labels@{p}", labels[slice(*ROWS.offsets[p : p + 2])])
            set_counters(counters, ROWS.extent(p))
            executor.arrays[f"counters@{p}"] = counters
        return
    arrays.put("labels.output", labels)
    set_counters(counters, BATCH_SIZE)
    for name, first in plan.first_rows(executor.rank).items():
        counters[control.OFFSET] = first
        executor.arrays[name] = counters


def main() -> None:
    """Run both plans, and compare each with one device."""
    kind: Kind = "cuda" if "cuda" in sys.argv else "cpu"
    line = MpiCommunicator()
    device = f"cuda:{line.rank}" if kind == "cuda" else "cpu"
    graph, one = single()
    split = preset_split(graph, "hybrid", devices(len(RANKS)), "b")
    compiled = compile_network(graph, BATCH_SIZE, device=kind, dtype="float64", split=split)
    found = {
        name: learn(plan, line, device, one)
        for name, plan in (("by hand", equipped(kind)), ("compiled", compiled))
    }
    for _ in range(STEPS):
        one.run(TRAIN)
    lines = "".join(
        f"{name}, rank {line.rank}: {max(_deviation(one.arrays[key], arrays[key]) for key in arrays):.3e}\n"
        for name, arrays in found.items()
    )
    sys.stdout.write(lines)  # one write: the ranks share a pipe
    sys.stdout.flush()


def _deviation(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one - other).max() / np.abs(one).max())


if __name__ == "__main__":
    main()
