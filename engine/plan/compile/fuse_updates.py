"""Lets layers with many weights learn from their gradient as it is made: it is then no buffer of the plan.

A fully connected layer's weights are by far the most numbers of a step. Apart, their gradient is written, and
read again beside weights and velocity by the update; together, each of these goes through the processor once.

This is done once a program is shared out: a gradient that ranks sum up is then read by their communication,
one that passes add to by several operations, and neither is fused.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.types import Operation

_FUSED = {"fc.backward_weights": "fc_sgd.update", "local.backward_weights": "local_sgd.update"}


def fuse_updates(program: SharedProgram) -> SharedProgram:
    """Fuse updates with the gradient that they alone read, and note which, or why not."""
    operations, buffers, notes = list(program.operations), dict(program.buffers), list(program.notes)
    for update in [op for op in operations if op.kind == "sgd.update"]:
        hidden = update.inputs["gradient"]
        users = [op for op in operations if op.touches(hidden) and op.name != update.name]
        if users[0].kind not in _FUSED:
            continue
        names = ", ".join(op.name for op in users)
        if len(users) > 1 or users[0].ranks != update.ranks:
            notes.append(f"{update.name}: not fused, since {hidden} is used by {names}")
            continue
        parts = [*users, *_gradient_of_inputs(operations, users[0], update), update]
        operations = _joined(operations, parts)
        del buffers[hidden]
        notes.append(f"{', '.join(op.name for op in parts)}: fused")
    bare = [replace(op, after=()) for op in operations]
    synchronised = synchronise(bare, program.ranks)
    return replace(program, operations=synchronised, buffers=buffers, notes=tuple(notes))


def _gradient_of_inputs(
    operations: Sequence[Operation], gradient: Operation, update: Operation
) -> list[Operation]:
    """Return the operation that reads the same weights of a fully connected layer, if it can wait for them.

    It then shares their way through the processor.
    """
    arrays = {"dy": gradient.inputs["dy"], "weights": update.outputs["weights"]}
    for number, operation in enumerate(operations):
        if operation.kind == "fc.backward_data" and operation.inputs == arrays and not operation.accumulates:
            later = itertools.takewhile(lambda other: other.name != update.name, operations[number + 1 :])
            if not any(other.touches(operation.outputs["dx"]) for other in later):
                return [operation]
    return []


def _joined(operations: Sequence[Operation], parts: Sequence[Operation]) -> list[Operation]:
    """Return the operations with one in the place of the last of ``parts``, the update."""
    gradient, *data, update = parts
    kind = _FUSED[gradient.kind]
    names = {op.name for op in parts}
    kept = gradient.attributes.keys() - {"accumulate"}
    fused = replace(
        update,
        name=gradient.name.replace(gradient.kind, kind),
        kind=kind,
        layer=gradient.layer,
        inputs={port: gradient.inputs[port] for port in ("x", "dy")}
        | {port: name for port, name in update.inputs.items() if port != "gradient"},
        outputs={**update.outputs, **{port: name for op in data for port, name in op.outputs.items()}},
        attributes={**update.attributes, **{name: gradient.attributes[name] for name in kept}},
    )
    return [
        fused if op.name == update.name else op
        for op in operations
        if op.name == update.name or op.name not in names
    ]
