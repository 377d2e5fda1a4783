"""Counts the bytes that ranks send one another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from engine.parallel.communicators.summing import parts
from engine.plan.analysis.partition.communicate import AGREE
from engine.plan.analysis.pieces import moved_bytes
from engine.plan.types import ITEM_BYTES, Buffer, Operation, Program

_STEP_BYTES = 8


def sums_at_once(operation: Operation, buffers: Mapping[str, Buffer]) -> bool:
    """Whether an operation is an all-reduce of arrays that each rank has as they will be: Rabenseifner's."""
    return (
        operation.kind == "all_reduce"
        and not operation.accumulates
        and all(
            buffers[name].rows == buffers[operation.outputs[port.replace("x", "y")]].rows
            for port, name in operation.inputs.items()
        )
    )


def sent_bytes(operation: Operation, buffers: Mapping[str, Buffer]) -> dict[int, int]:
    """Return how many bytes each rank sends to others in an operation; none where it is no communication.

    In an all-reduce, a rank sends each other its part of the terms, and then all others the sum of its own.
    """
    if operation.communicator is None:
        return {}
    count = len(operation.ranks)
    if operation.kind == AGREE:
        return dict.fromkeys(operation.ranks, _STEP_BYTES * (count - 1))
    if not sums_at_once(operation, buffers):
        return moved_bytes(buffers[operation.inputs["x"]], buffers[operation.outputs["y"]])
    terms = [buffers[name] for name in operation.inputs.values()]
    size = sum(math.prod(term.shape) for term in terms)
    item = ITEM_BYTES[terms[0].dtype]
    return {
        rank: (size - (last - first) + (last - first) * (count - 1)) * item
        for rank, (first, last) in zip(operation.ranks, parts(size, count), strict=True)
    }


def step_bytes(program: Program, buffers: Mapping[str, Buffer]) -> Counter[str]:
    """Return the bytes that all ranks together send in a program, by kind of communication."""
    sent: Counter[str] = Counter()
    for operation in program.operations:
        if operation.communicator is not None:
            sent[operation.kind] += sum(sent_bytes(operation, buffers).values())
    return sent
