"""Forecasts for how long computation waits for what devices send one another, were they GPUs of a speed.

A rough model, good for comparing splits: an operation takes the time of its sums, or of the bytes that it
moves, whichever is longer; a communication takes a fixed time and that of its bytes, and goes on beside
computation that does not wait for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from engine.plan.analysis.traffic import sent_bytes
from engine.plan.types import Buffer, Operation, TrainingPlan

_FAMILIES = ("conv", "fc", "local")


@dataclass(frozen=True)
class Speed:
    """What a GPU does in a second, and what it takes to begin something, in s."""

    sums: float  # multiply-adds of bfloat16
    memory: float  # bytes read and written
    link: float  # bytes sent to all others
    launch: float
    send: float


H200 = Speed(sums=300e12, memory=3.4e12, link=300e9, launch=2e-6, send=9e-6)
"""NVIDIA H200 with NVLink: three quarters of a product's measured speed, four fifths of a copy's; NCCL's."""


def waiting(plan: TrainingPlan, program: str, speed: Speed = H200) -> dict[str, float]:
    """Return for each communication how long computation waits for it on the rank that waits longest, in s.

    What a step lasts beyond its computation is counted to its last communication.
    """
    clocks: dict[tuple[str, int], float] = defaultdict(float)  # when a stream of a rank is free
    ends: dict[tuple[str, int], float] = {}
    sends = [op.name for op in plan.programs[program].operations if op.communicator is not None]
    waits: dict[str, float] = defaultdict(float)
    for op in plan.programs[program].operations:
        begins = {}
        for rank in op.ranks:
            free = clocks[op.stream, rank]
            ready, reason = max(
                ((ends[name, rank], name) for name in op.after if (name, rank) in ends), default=(0.0, "")
            )
            begins[rank] = max(free, ready)
            if op.stream == "compute" and reason in sends:
                waits[reason] = max(waits[reason], ready - free)
        if op.name in sends:  # all begin together
            begins = dict.fromkeys(begins, max(begins.values()))
        for rank, begin in begins.items():
            ends[op.name, rank] = clocks[op.stream, rank] = begin + _seconds(op, plan.buffers, rank, speed)
    if sends:
        waits[sends[-1]] += max(_tail(clocks, rank) for rank in plan.ranks)
    return dict(waits)


def _tail(clocks: Mapping[tuple[str, int], float], rank: int) -> float:
    """Return how long after all computation a rank's step ends."""
    own = {stream: end for (stream, other), end in clocks.items() if other == rank}
    return max(own.values()) - max(own.get("compute", 0.0), own.get("weights", 0.0))


def _seconds(op: Operation, buffers: Mapping[str, Buffer], rank: int, speed: Speed) -> float:
    """Return how long an operation takes on a rank."""
    if op.communicator is not None:
        return speed.send + max(sent_bytes(op, buffers).values(), default=0) / speed.link
    names = (*op.reads(rank).values(), *op.writes(rank).values())
    moved = sum(buffers[name].nbytes(rank) for name in names)
    return speed.launch + max(_multiply_adds(op, buffers, rank) / speed.sums, moved / speed.memory)


def _multiply_adds(op: Operation, buffers: Mapping[str, Buffer], rank: int) -> int:
    """Return the multiply-adds of a weighted sum, or of one of its gradients; 0 for all else."""
    family = op.kind.partition(".")[0]
    ports = {**op.inputs, **op.outputs}
    weights = ports.get("weights") or ports.get("dweights")
    maps = ports.get("y") if op.kind.endswith(".forward") else ports.get("dy")
    if family not in _FAMILIES or weights is None or maps is None:
        return 0
    rows, *extents = buffers[maps].local_shape(rank)
    places = prod(extents[:-1]) if family == "conv" else 1
    return rows * places * prod(buffers[weights].local_shape(rank))
