"""Fuses operations where nothing else reads what the fused operation hides."""

from __future__ import annotations

from engine.plan.compile.draft import Draft
from engine.plan.types import Operation


def fuse(draft: Draft) -> None:
    """Fuse what can be fused in ``draft``, and note what was fused and why something was not."""
    _fuse_softmax_cross_entropy(draft)


def _fuse_softmax_cross_entropy(draft: Draft) -> None:
    """Replace softmax's gradient of the cross entropy's gradient by (p − t) / valid.

    It is one pass instead of two, and stays exact where a probability rounds to 0.
    """
    for cost in [op for op in draft.operations if op.kind == "cross_entropy.backward"]:
        hidden = cost.outputs["dprobabilities"]
        users = [op for op in draft.operations if op.touches(hidden) and op is not cost]
        names = ", ".join(op.name for op in users)
        if len(users) != 1 or users[0].kind != "softmax.backward":
            draft.notes.append(f"{cost.name}: not fused with a softmax, since {hidden} is used by {names}")
            continue
        softmax = users[0]
        draft.notes.append(f"{cost.name} and {softmax.name}: fused")
        _replace(draft, cost, softmax, hidden)


def _replace(draft: Draft, cost: Operation, softmax: Operation, hidden: str) -> None:
    place = draft.operations.index(softmax)
    del draft.buffers[hidden]
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
