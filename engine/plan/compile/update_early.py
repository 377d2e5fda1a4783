"""Lets a split's weights be updated as soon as their gradients are there, beside all that follows.

Gradients that come out of one sum over ranks are updated in one launch, and so are those that need no sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.analysis.partition.whole import is_update
from engine.plan.compile.fuse_on_gpu import join
from engine.plan.types import Operation

_Group = tuple[tuple[int, ...], str]
"""The ranks of updates, and the sum over ranks that their gradients come from, "" where there is none."""


def update_early(program: SharedProgram) -> SharedProgram:
    """Join updates that can begin at once, and give them a stream of their own.

    Programs that limit norms, or update in each pass, are left as they are: there the order matters.
    """
    groups = _groups(program)
    if not groups:
        return program
    operations = [replace(op, after=()) for op in program.operations if not is_update(op)]
    notes = []
    for number, ((_, summed), updates) in enumerate(groups.items()):
        joined = join(updates)
        joined = replace(joined, name=f"{joined.name}{number}", stream="updates", after=())
        operations.insert(_last_that_matters(operations, joined) + 1, joined)
        notes.append(f"{len(updates)} updates: joined, after {summed or 'their gradients'}")
    return replace(program, operations=synchronise(operations, program.ranks), notes=(*program.notes, *notes))


def _groups(program: SharedProgram) -> dict[_Group, list[Operation]]:
    updates = [op for op in program.operations if is_update(op)]
    times = Counter(op.outputs["weights"] for op in updates)
    if len({op.kind for op in updates}) > 1 or any(count > 1 for count in times.values()):
        return {}
    sums = {name: op.name for op in program.operations if op.communicator for name in op.outputs.values()}
    groups: dict[_Group, list[Operation]] = defaultdict(list)
    for op in updates:
        groups[op.ranks, sums.get(op.inputs["gradient"], "")].append(op)
    return groups


def _last_that_matters(operations: Sequence[Operation], update: Operation) -> int:
    """Return the place of the last operation that writes what an update reads, or uses what it writes."""
    read, written = set(update.inputs.values()), set(update.outputs.values())
    return max(
        place
        for place, op in enumerate(operations)
        if read.intersection(op.outputs.values())
        or written.intersection((*op.inputs.values(), *op.outputs.values()))
    )
