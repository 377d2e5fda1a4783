"""Puts operations in order where layers take a batch in several passes."""

from __future__ import annotations

from itertools import product

from engine.plan.analysis.partition.forms import is_batch
from engine.plan.analysis.partition.whole import Scheme, WholeProgram, is_update
from engine.plan.types import Operation

InPass = tuple[Operation, int | None]
"""An operation and the pass that it belongs to, None where it sees the whole batch."""


def order_operations(scheme: Scheme, program: WholeProgram) -> list[InPass]:
    """Return the operations in the order in which they run, each with its pass.

    What takes a batch in passes goes forward and back in each pass before the next; what needs the gradients
    of all passes comes after them, and so do updates of what learns in passes, unless each pass has its own.
    """
    before: list[Operation] = []
    inside: list[Operation] = []
    after: list[Operation] = []
    updates: list[Operation] = []
    written: set[str] = set()
    for operation in program.operations:
        made = {name for name in operation.outputs.values() if not program.of_control(name)}
        if _runs_in_passes(scheme, operation):
            (updates if is_update(operation) else inside).append(operation)
            written |= made
        elif written.intersection((*operation.inputs.values(), *made)):
            after.append(operation)
            written |= made
        else:
            before.append(operation)
    if scheme.updates_each_pass:
        inside, updates = [*inside, *updates], []
    by_pass = product(range(len(scheme.batch.passes)), inside)
    return [
        *((operation, None) for operation in before),
        *((operation, index) for index, operation in by_pass),
        *((operation, None) for operation in (*updates, *after)),
    ]


def made_in_passes(scheme: Scheme, program: WholeProgram) -> frozenset[str]:
    """Return the buffers that have another content in each pass: what is made in one, and its gradient."""
    makers: dict[str, Operation] = {}
    for operation in program.operations:
        for name in operation.outputs.values():
            makers.setdefault(name, operation)
    made = {name for name, operation in makers.items() if _runs_in_passes(scheme, operation)}
    primals = {gradient: primal for primal, gradient in program.gradients.items()}
    return frozenset(
        name
        for name, buffer in program.buffers.items()
        if is_batch(buffer) and primals.get(name, name) in made
    )


def _runs_in_passes(scheme: Scheme, operation: Operation) -> bool:
    layer = scheme.weights[operation.outputs["weights"]] if is_update(operation) else operation.layer
    return layer in scheme.in_passes
