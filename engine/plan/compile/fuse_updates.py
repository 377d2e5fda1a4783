"""Lets layers of one GPU learn from their gradient as it is made: it is then no buffer of the plan.

A fully connected layer's weights are by far the most numbers of a step. Apart, their gradient is written, and
read again beside weights and velocity by the update; together, each of these goes through the processor once,
and a launch is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.types import Operation

FUSED = {"fc.backward_weights": "fc_sgd.update", "local.backward_weights": "local_sgd.update"}
"""Gradients of weights that can go straight into an update by SGD, and what does both."""


def fuse_updates(program: SharedProgram) -> SharedProgram:
    """Fuse updates with the gradient that they alone read, and note which, or why not."""
    operations, buffers, notes = list(program.operations), dict(program.buffers), list(program.notes)
    for update in [op for op in operations if op.kind == "sgd.update"]:
        hidden = update.inputs["gradient"]
        users = [op for op in operations if op.touches(hidden) and op.name != update.name]
        gradient = users[0]
        if gradient.kind not in FUSED or gradient.outputs["dweights"] != hidden:  # but that of biases
            continue
        if len(users) > 1:
            names = ", ".join(op.name for op in users)
            notes.append(f"{update.name}: not fused, since {hidden} is used by {names}")
            continue
        if not _reads_as_it_copies(program, gradient, update):
            continue
        operations = _joined(operations, gradient, update)
        del buffers[hidden]
        notes.append(f"{gradient.name}, {update.name}: fused")
    bare = [replace(op, after=()) for op in operations]
    synchronised = synchronise(bare, program.ranks)
    return replace(program, operations=synchronised, buffers=buffers, notes=tuple(notes))


def _reads_as_it_copies(program: SharedProgram, gradient: Operation, update: Operation) -> bool:
    """Whether the weights' copy, if there is one, has the type of what the gradient is made of."""
    copy = update.outputs.get("copy")
    types = {program.buffers[name].dtype for name in (*gradient.inputs.values(), copy) if name}
    return copy is None or len(types) == 1


def _joined(operations: Sequence[Operation], gradient: Operation, update: Operation) -> list[Operation]:
    """Return the operations with one in the place of the update that makes its gradient, too.

    What reads a gradient of biases, which it writes as well, comes after it.
    """
    kind = FUSED[gradient.kind]
    further = {port: name for port, name in gradient.outputs.items() if port != "dweights"}
    kept = gradient.attributes.keys() - {"accumulate"}
    fused = replace(
        update,
        name=gradient.name.replace(gradient.kind, kind),
        kind=kind,
        layer=gradient.layer,
        inputs={port: gradient.inputs[port] for port in ("x", "dy")}
        | {port: name for port, name in update.inputs.items() if port != "gradient"},
        outputs={**further, **update.outputs},
        attributes={**update.attributes, **{name: gradient.attributes[name] for name in kept}},
    )
    left = [op for op in operations if op is not gradient]
    place = left.index(update)
    waiting = [op for op in left[:place] if not set(further.values()).isdisjoint(op.inputs.values())]
    return [op for op in left[:place] if op not in waiting] + [fused, *waiting] + left[place + 1 :]
