"""Fuses operations where nothing else reads what the fused operation hides."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from engine.plan.compile.draft import Draft
from engine.plan.types import Operation

RELU = "relu"
SOFTMAX = "softmax"
FUSIONS = frozenset({RELU, SOFTMAX})
"""The names by which fusions are asked for."""

_WEIGHTED_SUMS = frozenset({"conv.forward", "fc.forward", "local.forward"})


def fuse(draft: Draft, fusions: Collection[str] = FUSIONS) -> None:
    """Fuse what can be fused in ``draft``, and note what was fused and why something was not."""
    if SOFTMAX in fusions:
        _fuse_softmax_cross_entropy(draft)
    if RELU in fusions:
        _fuse_relu(draft)


def _fuse_softmax_cross_entropy(draft: Draft) -> None:
    """Replace softmax's gradient of the cross entropy's gradient by (p − t) / valid.

    It is one pass instead of two, and stays exact where a probability rounds to 0.
    """
    for cost in [op for op in draft.operations if op.kind == "cross_entropy.backward"]:
        softmax = _only_user(draft, cost, cost.outputs["dprobabilities"], "softmax.backward")
        if softmax is not None:
            _replace_softmax(draft, cost, softmax)


def _replace_softmax(draft: Draft, cost: Operation, softmax: Operation) -> None:
    place = draft.operations.index(softmax)
    del draft.buffers[cost.outputs["dprobabilities"]]
    draft.emit(
        "softmax_cross_entropy.backward",
        softmax.layer,
        dict(cost.inputs),
        {"dx": softmax.outputs["dx"]},
        coefficient=cost.attributes["coefficient"],
        accumulate=softmax.accumulates,
    )
    draft.operations[place] = draft.operations.pop()
    draft.operations.remove(cost)


def _fuse_relu(draft: Draft) -> None:
    """Let weighted sums go through their ReLU before they are written.

    The gradient of a ReLU asks for its output alone, so that nobody misses the sums.
    """
    for sums in [op for op in draft.operations if op.kind in _WEIGHTED_SUMS]:
        hidden = sums.outputs["y"]
        user = _neuron_of(draft, hidden)
        if user is None or user.attributes["neuron"] != "relu":
            continue
        neuron = _only_user(draft, sums, hidden, "neuron.forward")
        if neuron is not None:
            place = draft.operations.index(sums)
            draft.operations[place] = dataclasses.replace(
                sums,
                outputs={**sums.outputs, "y": neuron.outputs["y"]},
                attributes={**sums.attributes, "neuron": "relu"},
            )
            draft.operations.remove(neuron)
            del draft.buffers[hidden]
            draft.gradients.pop(hidden, None)


def _neuron_of(draft: Draft, sums: str) -> Operation | None:
    return next(
        (op for op in draft.operations if op.kind == "neuron.forward" and op.inputs["x"] == sums), None
    )


def _only_user(draft: Draft, operation: Operation, hidden: str, kind: str) -> Operation | None:
    """Return the operation of a ``kind`` that alone uses what ``operation`` writes to ``hidden``.

    Note that the two are fused, or why they are not.
    """
    users = [op for op in draft.operations if op.touches(hidden) and op is not operation]
    if len(users) == 1 and users[0].kind == kind:
        draft.notes.append(f"{operation.name} and {users[0].name}: fused")
        return users[0]
    family = kind.partition(".")[0]
    names = ", ".join(op.name for op in users)
    draft.notes.append(f"{operation.name}: not fused with a {family}, since {hidden} is used by {names}")
    return None
