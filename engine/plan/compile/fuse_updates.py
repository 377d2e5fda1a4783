"""Lets layers with many weights learn from their gradient as it is made: it is then no buffer of the plan.

A fully connected layer's weights are by far the most numbers of a step. Apart, their gradient is written, and
read again beside weights and velocity by the update; together, each of these goes through the processor once.

On a GPU this saves a launch, too; on a CPU it pays for layers of many weights alone.

This is done once a program is shared out: a gradient that ranks sum up is then read by their communication,
one that passes add to by several operations, and neither is fused.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import prod

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.types import Operation

FUSED = {"fc.backward_weights": "fc_sgd.update", "local.backward_weights": "local_sgd.update"}
"""Gradients of weights that can go straight into an update by SGD, and what does both."""


LEAST_ON_CPU = 1 << 18
"""Weights of a layer from which on fusing pays on a CPU: with gradient and velocity they take 3 MB, and no
longer stay in a core's own cache from one pass to the next."""


def fuse_updates(program: SharedProgram, *, on_cpu: bool) -> SharedProgram:
    """Fuse updates with the gradient that they alone read, and note which, or why not.

    ``on_cpu``: those of many weights alone, and with the gradient of the layer's inputs, which then waits for
    them.
    """
    operations, buffers, notes = list(program.operations), dict(program.buffers), list(program.notes)
    for update in [op for op in operations if op.kind == "sgd.update"]:
        hidden = update.inputs["gradient"]
        users = [op for op in operations if op.touches(hidden) and op.name != update.name]
        if _is_summed(users[0], hidden, operations):
            notes.append(f"{update.name}: not fused, since {users[0].name} sums up its gradient")
            continue
        if users[0].kind not in FUSED or users[0].outputs["dweights"] != hidden:  # but that of biases
            continue
        names = ", ".join(op.name for op in users)
        if len(users) > 1 or users[0].ranks != update.ranks:
            notes.append(f"{update.name}: not fused, since {hidden} is used by {names}")
            continue
        if not _reads_as_it_copies(program, users[0], update):
            continue
        if on_cpu and prod(buffers[hidden].shape) < LEAST_ON_CPU:
            notes.append(f"{update.name}: not fused, since its weights stay in the cache")
            continue
        of_inputs = _gradient_of_inputs(operations, users[0], update) if on_cpu else []
        parts = [*users, *of_inputs, update]
        operations = _joined(operations, parts)
        del buffers[hidden]
        notes.append(f"{', '.join(op.name for op in parts)}: fused")
    bare = [replace(op, after=()) for op in operations]
    synchronised = synchronise(bare, program.ranks)
    return replace(program, operations=synchronised, buffers=buffers, notes=tuple(notes))


def _reads_as_it_copies(program: SharedProgram, gradient: Operation, update: Operation) -> bool:
    """Whether the weights' copy, if there is one, has the type of what the gradient is made of."""
    copy = update.outputs.get("copy")
    types = {program.buffers[name].dtype for name in (*gradient.inputs.values(), copy) if name}
    return copy is None or len(types) == 1


def _is_summed(maker: Operation, gradient: str, operations: Sequence[Operation]) -> bool:
    """Whether ``maker`` sums up over ranks what an operation makes that could be fused with its update."""
    ports = (port for port, name in maker.outputs.items() if name == gradient)
    terms = {maker.inputs.get(port.replace("y", "x")) for port in ports}
    made = {op.outputs["dweights"] for op in operations if op.kind in FUSED}
    return maker.communicator is not None and bool(terms & made)


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
    """Return the operations with one in the place of the last of ``parts``, the update.

    What reads a gradient of biases, which it writes too, comes after it.
    """
    gradient, *data, update = parts
    kind = FUSED[gradient.kind]
    names = {op.name for op in parts}
    kept = gradient.attributes.keys() - {"accumulate"}
    fused = replace(
        update,
        name=gradient.name.replace(gradient.kind, kind),
        kind=kind,
        layer=gradient.layer,
        inputs={port: gradient.inputs[port] for port in ("x", "dy")}
        | {port: name for port, name in update.inputs.items() if port != "gradient"},
        outputs={**_others(gradient, update.inputs["gradient"]), **update.outputs, **_outputs(data)},
        attributes={**update.attributes, **{name: gradient.attributes[name] for name in kept}},
    )
    left = [op for op in operations if op.name not in names or op.name == update.name]
    place = next(number for number, op in enumerate(left) if op.name == update.name)
    further = set(_others(gradient, update.inputs["gradient"]).values())
    waiting = [op for op in left[:place] if not further.isdisjoint(op.inputs.values())]
    return [op for op in left[:place] if op not in waiting] + [fused, *waiting] + left[place + 1 :]


def _others(gradient: Operation, hidden: str) -> dict[str, str]:
    return {port: name for port, name in gradient.outputs.items() if name != hidden}


def _outputs(operations: Sequence[Operation]) -> dict[str, str]:
    return {port: name for op in operations for port, name in op.outputs.items()}
