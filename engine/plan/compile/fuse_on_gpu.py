"""Fusions for GPUs, where each operation costs a launch and each pass over a buffer its bytes.

Kernels of GPUs take more in one: the gate of a ReLU, the gradients of biases, a whole cost, all updates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine.plan.analysis.partition import SharedProgram
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.analysis.partition.whole import is_update
from engine.plan.compile.draft import Draft
from engine.plan.compile.fuse_norms import fuse_norms
from engine.plan.compile.fuse_updates import FUSED
from engine.plan.compile.pack import pack_first_layers
from engine.plan.types import Operation

_WEIGHTED_SUMS = frozenset({"conv.forward", "fc.forward", "local.forward"})

_GATED = frozenset(
    {
        "avg_pool.backward",
        "cmrnorm.backward",
        "conv.backward_data",
        "dropout.backward",
        "fc.backward_data",
        "local.backward_data",
        "max_pool.backward",
    }
)
"""Operations that can let a gradient through a ReLU before they write it."""


def fuse_on_gpu(draft: Draft, *, short: bool) -> None:
    """Make all fusions of this file that a draft has use for; numbers will be bfloat16 if ``short``."""
    _fuse_relus(draft)
    pack_first_layers(draft, short=short)
    _fuse_gates(draft)
    _fuse_biases(draft)
    _fuse_costs(draft)
    fuse_norms(draft)


def _fuse_relus(draft: Draft) -> None:
    """Let weighted sums go through their ReLU before they are written.

    The gradient of a ReLU asks for its output alone, so that nobody misses the sums.
    """
    for sums in [op for op in draft.operations if op.kind in _WEIGHTED_SUMS]:
        hidden = sums.outputs["y"]
        neuron = _only_other(draft, sums, hidden)
        if neuron is None or neuron.kind != "neuron.forward" or neuron.attributes["neuron"] != "relu":
            continue
        fused = dataclasses.replace(
            sums,
            outputs={**sums.outputs, "y": neuron.outputs["y"]},
            attributes={**sums.attributes, "neuron": "relu"},
        )
        _replace(draft, (sums, neuron), fused)
        del draft.buffers[hidden]
        draft.gradients.pop(hidden, None)


def _fuse_gates(draft: Draft) -> None:
    """Let gradients go through the ReLU before them where they are computed."""
    for gradient in [op for op in draft.operations if op.kind in _GATED and not op.accumulates]:
        of_output = gradient.outputs["dx"]
        neuron = _only_other(draft, gradient, of_output)
        if neuron is None or neuron.kind != "neuron.backward" or neuron.accumulates:
            continue
        if neuron.attributes["neuron"] != "relu" or neuron.inputs["dy"] != of_output:
            continue
        gated = dataclasses.replace(
            gradient,
            inputs={**gradient.inputs, "gate": neuron.inputs["y"]},
            outputs={**gradient.outputs, "dx": neuron.outputs["dx"]},
        )
        _replace(draft, (gradient, neuron), gated)
        _forget(draft, of_output)
        draft.gradients[neuron.inputs["y"]] = neuron.outputs["dx"]  # of the same form, through the gate


def _fuse_biases(draft: Draft) -> None:
    """Sum up the gradients of biases together with those of the weights."""
    for biases in [op for op in draft.operations if op.kind == "bias.backward" and not op.accumulates]:
        weights = next(
            (
                op
                for op in draft.operations
                if op.kind.endswith(".backward_weights") and op.inputs["dy"] == biases.inputs["dy"]
            ),
            None,
        )
        if weights is None or weights.accumulates or not _takes_biases(draft, weights, biases):
            continue
        _replace(
            draft,
            (weights, biases),
            dataclasses.replace(weights, outputs={**weights.outputs, **biases.outputs}),
        )


def _takes_biases(draft: Draft, weights: Operation, biases: Operation) -> bool:
    """Whether the kernel of the weights' gradient sums these up: a convolution's does if they are shared."""
    if weights.kind == "conv.backward_weights":
        return len(draft.buffers[biases.outputs["dbiases"]].shape) == 1
    return weights.kind in {"fc.backward_weights", "local.backward_weights"}


def _fuse_costs(draft: Draft) -> None:
    """Join softmax, cross entropy and the gradient of both, if nothing else asks for the probabilities."""
    for gradient in [op for op in draft.operations if op.kind == "softmax_cross_entropy.backward"]:
        probabilities = gradient.inputs["probabilities"]
        users = [op for op in draft.operations if op.touches(probabilities)]
        by_kind = {op.kind: op for op in users}
        softmax, cost = by_kind.get("softmax.forward"), by_kind.get("cross_entropy.forward")
        if len(users) != 3 or softmax is None or cost is None or gradient.accumulates:
            continue
        joined = dataclasses.replace(
            gradient,
            name=f"{cost.layer}.softmax_cross_entropy.forward_backward",
            kind="softmax_cross_entropy.forward_backward",
            layer=cost.layer,
            inputs={"x": softmax.inputs["x"], "labels": cost.inputs["labels"]},
            outputs={**cost.outputs, "dx": gradient.outputs["dx"]},
            attributes={
                "coefficient": gradient.attributes["coefficient"],
                "top": cost.attributes["top"],
            },
        )
        _replace(draft, (gradient, softmax, cost), joined)
        _forget(draft, probabilities)


def join_updates(program: SharedProgram) -> SharedProgram:
    """Update all weights in one operation, at the end, if one optimiser does so on the one device."""
    updates = [op for op in program.operations if is_update(op) and op.kind not in FUSED.values()]
    if len(updates) < 2 or len({op.kind for op in updates}) > 1:
        return program
    others = tuple(op for op in program.operations if op not in updates)
    note = f"{len(updates)} updates: joined"
    return dataclasses.replace(program, operations=(*others, join(updates)), notes=(*program.notes, note))


def join(updates: Sequence[Operation]) -> Operation:
    """Return one operation that does several updates by one optimiser."""
    first = updates[0]
    inputs = {
        f"{port}{number}": name
        for number, op in enumerate(updates)
        for port, name in op.inputs.items()
        if port not in {"counters", "settings"}
    }
    outputs = {
        f"{port}{number}": name for number, op in enumerate(updates) for port, name in op.outputs.items()
    }
    attributes = {name: value for name, value in first.attributes.items() if name != "slot"}
    slots = tuple(int(str(op.attributes["slot"])) for op in updates)
    return dataclasses.replace(
        first,
        name=f"{first.kind}_all",
        kind=f"{first.kind}_all",
        layer="all",
        inputs={**inputs, "counters": first.inputs["counters"], "settings": first.inputs["settings"]},
        outputs=outputs,
        attributes={**attributes, "slots": slots},
    )


def overlap(program: SharedProgram) -> SharedProgram:
    """Compute gradients of weights, and metrics, beside what layers read: only the update waits for them."""
    operations = tuple(
        dataclasses.replace(op, stream="weights", after=()) if _is_of_weights(op) else op
        for op in program.operations
    )
    return dataclasses.replace(program, operations=synchronise(operations, program.ranks))


def _is_of_weights(operation: Operation) -> bool:
    kind = operation.kind
    aside = kind in {*FUSED.values(), "softmax_cross_entropy.keep"} or kind.startswith("pack.filters")
    return aside or kind.endswith(".backward_weights")


def _only_other(draft: Draft, operation: Operation, buffer: str) -> Operation | None:
    """Return the operation that alone, beside another, touches a buffer."""
    users = [op for op in draft.operations if op.touches(buffer) and op is not operation]
    return users[0] if len(users) == 1 else None


def _replace(draft: Draft, old: tuple[Operation, ...], new: Operation) -> None:
    """Put ``new`` in the place of the first of ``old``, and note it."""
    draft.notes.append(" and ".join((", ".join(op.name for op in old[:-1]), old[-1].name)) + ": fused")
    draft.operations[draft.operations.index(old[0])] = new
    for operation in old[1:]:
        draft.operations.remove(operation)


def _forget(draft: Draft, buffer: str) -> None:
    """Take a buffer out that no operation touches any more."""
    del draft.buffers[buffer]
    draft.gradients = {of: name for of, name in draft.gradients.items() if name != buffer}
