"""Fuses operations where nothing else reads what the fused operation hides."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from engine.plan.compile.draft import Draft
from engine.plan.compile.fuse_on_gpu import fuse_on_gpu
from engine.plan.types import Operation

RELU = "relu"
SOFTMAX = "softmax"
POOLED = "pooled gradient"
ON_GPU = "on gpu"
FUSIONS = frozenset({RELU, SOFTMAX, POOLED, ON_GPU})
"""The names by which fusions are asked for."""

_WEIGHTED_SUMS = frozenset({"conv.forward", "fc.forward", "local.forward"})


def fuse(draft: Draft, fusions: Collection[str] = FUSIONS) -> None:
    """Fuse what can be fused in ``draft``, and note what was fused and why something was not."""
    if SOFTMAX in fusions:
        _fuse_softmax_cross_entropy(draft)
    if RELU in fusions:
        _fuse_relu(draft)
    if POOLED in fusions:
        _fuse_pooled_gradients(draft)
    if ON_GPU in fusions:
        fuse_on_gpu(draft)


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


def _fuse_pooled_gradients(draft: Draft) -> None:
    """Take a first layer's gradients straight from those of its pooled maps.

    The gradient of its maps is then no buffer of the plan.
    """
    for filters in [op for op in draft.operations if op.kind == "conv.backward_weights"]:
        chain = _pooled_chain(draft, filters)
        if chain is None:
            continue
        pool, neuron, biases = chain
        draft.notes.append(
            ", ".join(op.name for op in (pool, neuron, filters)) + f" and {biases.name}: fused"
        )
        place = draft.operations.index(pool)
        together = draft.emit(
            "pooled_conv.backward_weights",
            filters.layer,
            {"x": filters.inputs["x"], "y": pool.inputs["x"], "z": pool.inputs["y"], "dz": pool.inputs["dy"]},
            {"dweights": filters.outputs["dweights"], "dbiases": biases.outputs["dbiases"]},
            stride=filters.attributes["stride"],
            padding=filters.attributes["padding"],
            **{f"pool_{name}": pool.attributes[name] for name in ("size", "stride", "start")},
        )
        draft.operations.remove(together)
        draft.operations.insert(place, together)
        hidden = {pool.outputs["dx"], neuron.outputs["dx"]}
        for operation in (pool, neuron, filters, biases):
            draft.operations.remove(operation)
        for name in hidden:
            del draft.buffers[name]
        draft.gradients = {of: name for of, name in draft.gradients.items() if name not in hidden}


def _pooled_chain(draft: Draft, filters: Operation) -> tuple[Operation, Operation, Operation] | None:
    """Return the gradients of pool, ReLU and biases, if they lead to that of ``filters`` and nowhere else."""
    plain = filters.attributes.get("groups", 1) == 1 and filters.attributes.get("dilation", (1, 1)) == (1, 1)
    of_sums = filters.inputs["dy"]
    neuron = _sole(draft, of_sums, "neuron.backward")
    biases = _sole(draft, of_sums, "bias.backward")
    if not plain or neuron is None or biases is None or neuron.attributes["neuron"] != "relu":
        return None
    of_maps = neuron.inputs["dy"]
    pool = _sole(draft, of_maps, "max_pool.backward")
    chain = {filters.name, neuron.name, biases.name, pool.name} if pool is not None else set()
    users = {op.name for op in draft.operations if op.touches(of_sums) or op.touches(of_maps)}
    adds = any(op is not None and op.accumulates for op in (filters, neuron, biases, pool))
    shared = len(draft.buffers[biases.outputs["dbiases"]].shape) == 1
    return (pool, neuron, biases) if pool is not None and users == chain and shared and not adds else None


def _sole(draft: Draft, buffer: str, kind: str) -> Operation | None:
    """Return the operation of a ``kind`` that touches a buffer, if there is just one."""
    found = [op for op in draft.operations if op.kind == kind and op.touches(buffer)]
    return found[0] if len(found) == 1 else None


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
