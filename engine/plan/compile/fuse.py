"""Fuses operations where nothing else reads what the fused operation hides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod

from engine.plan.compile.draft import Draft
from engine.plan.compile.fuse_on_gpu import fuse_on_gpu
from engine.plan.types import Operation
from kernels.cuda import _pooled_blocks

MOST_PIXELS = 31
"""Pixels of a window that fused pooling tells apart: the bits of one of its winners."""

_LANES = 16
"""Numbers of a vector, where they are widest."""

SOFTMAX = "softmax"
POOLED = "pool"
UPDATE = "update"
ON_GPU = "on gpu"
FUSIONS = frozenset({SOFTMAX, POOLED, UPDATE, ON_GPU})
"""The names by which fusions are asked for."""


def fuse(draft: Draft, fusions: Collection[str], *, short: bool) -> None:
    """Fuse what can be fused in ``draft``, and note what was fused and why something was not.

    Numbers will be bfloat16 if ``short``: there are kernels for them alone.
    """
    if SOFTMAX in fusions:
        _fuse_softmax_cross_entropy(draft)
    if POOLED in fusions:
        _fuse_pooled(draft)
    if ON_GPU in fusions:
        fuse_on_gpu(draft, short=short)


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


def _fuse_pooled(draft: Draft) -> None:
    """Pool a first layer's maps as they are made, and take its gradients from those of its pooled maps.

    Its maps, a network's largest array, and their gradient are then no buffers of the plan.
    """
    for filters in [op for op in draft.operations if op.kind == "conv.backward_weights"]:
        chain = _pooled_chain(draft, filters)
        if chain is not None:
            names = ", ".join(op.name for op in chain.all)
            draft.notes.append(f"{names}: fused, pooled picture by picture")
            _replace_pooled(draft, chain)


@dataclass(frozen=True)
class _PooledChain:
    """The operations of a first layer and its pooling, forward and then backward."""

    sums: Operation
    neuron: Operation
    pool: Operation
    pool_back: Operation
    neuron_back: Operation
    filters_back: Operation
    biases_back: Operation

    @property
    def all(self) -> tuple[Operation, ...]:
        return (
            self.sums,
            self.neuron,
            self.pool,
            self.pool_back,
            self.neuron_back,
            self.filters_back,
            self.biases_back,
        )


def _replace_pooled(draft: Draft, chain: _PooledChain) -> None:
    maps, pooled = chain.pool.inputs["x"], chain.pool.outputs["y"]
    attributes = {
        "maps": draft.buffers[maps].shape[1:3],
        **{name: chain.filters_back.attributes[name] for name in ("stride", "padding")},
        **{f"pool_{name}": chain.pool.attributes[name] for name in ("size", "stride", "start")},
    }
    winners = draft.add_like(f"{pooled}.winners", "activation", pooled, "int32")
    layer = chain.sums.layer
    inputs = {port: chain.sums.inputs[port] for port in ("x", "weights", "biases")}
    forward = draft.emit(
        "pooled_conv.forward", layer, inputs, {"z": pooled, "winners": winners}, **attributes
    )
    inputs = {"x": inputs["x"], "winners": winners, "dz": chain.pool_back.inputs["dy"]}
    outputs = {
        "dweights": chain.filters_back.outputs["dweights"],
        "dbiases": chain.biases_back.outputs["dbiases"],
    }
    backward = draft.emit("pooled_conv.backward_weights", layer, inputs, outputs, **attributes)
    for made, place in ((forward, chain.sums), (backward, chain.pool_back)):
        draft.operations.remove(made)
        draft.operations.insert(draft.operations.index(place), made)
    hidden = {chain.sums.outputs["y"], maps, chain.pool_back.outputs["dx"], chain.neuron_back.outputs["dx"]}
    for operation in chain.all:
        draft.operations.remove(operation)
    for name in hidden:
        del draft.buffers[name]
    draft.gradients = {
        of: name for of, name in draft.gradients.items() if of not in hidden and name not in hidden
    }


def _pooled_chain(draft: Draft, filters: Operation) -> _PooledChain | None:
    """Return all that leads to ``filters`` through a ReLU and pooling, if it leads nowhere else."""
    of_sums = filters.inputs["dy"]
    neuron_back = _sole(draft, of_sums, "neuron.backward")
    biases = _sole(draft, of_sums, "bias.backward")
    if neuron_back is None or biases is None:
        return None
    maps = neuron_back.inputs["y"]
    neuron, pool = _sole(draft, maps, "neuron.forward"), _sole(draft, maps, "max_pool.forward")
    pool_back = _sole(draft, neuron_back.inputs["dy"], "max_pool.backward")
    if neuron is None or pool is None or pool_back is None:
        return None
    sums = _sole(draft, neuron.inputs["x"], "conv.forward")
    if sums is None:
        return None
    chain = _PooledChain(sums, neuron, pool, pool_back, neuron_back, filters, biases)
    known = {op.name for op in chain.all}
    hidden = (neuron.inputs["x"], maps, of_sums, neuron_back.inputs["dy"])
    users = {op.name for op in draft.operations if any(op.touches(name) for name in hidden)}
    return chain if users == known and _can_pool(draft, chain) else None


def _can_pool(draft: Draft, chain: _PooledChain) -> bool:
    """Whether the fused kernels know this convolution and this pooling."""
    sums = chain.sums.attributes
    plain = sums.get("groups", 1) == 1 and sums.get("dilation", (1, 1)) == (1, 1)
    small = prod(chain.pool.attributes["size"]) <= MOST_PIXELS  # type: ignore[arg-type]
    shared = len(draft.buffers[chain.biases_back.outputs["dbiases"]].shape) == 1
    adds = any(op.accumulates for op in chain.all)
    is_relu = chain.neuron.attributes["neuron"] == "relu"
    known = plain and small and shared and not adds and is_relu
    return known and (_saves_half(draft, chain) if draft.device == "cpu" else _fits_gpu(draft, chain))


def _fits_gpu(draft: Draft, chain: _PooledChain) -> bool:
    """Whether the kernels of GPUs have this geometry."""
    maps, pooled = (draft.buffers[name].shape for name in (chain.pool.inputs["x"], chain.pool.outputs["y"]))
    how = {f"pool_{name}": chain.pool.attributes[name] for name in ("size", "stride")}
    how |= {"maps": maps[1:3], "stride": chain.sums.attributes["stride"]}
    return _pooled_blocks.fits(draft.buffers[chain.sums.inputs["weights"]].shape, pooled, **how)  # type: ignore[arg-type]


def _saves_half(draft: Draft, chain: _PooledChain) -> bool:
    """Whether sums over windows take at most half the steps of sums over pixels.

    They go by whole rows of taps in vectors: narrow rows, of one channel say, leave most of a vector unused.
    """
    pixels, windows = (
        prod(draft.buffers[name].shape[1:3]) for name in (chain.pool.inputs["x"], chain.pool.outputs["y"])
    )
    row = prod(draft.buffers[chain.sums.inputs["weights"]].shape[2:])
    vectors = -(-row // _LANES) * _LANES
    return 2 * windows * vectors <= pixels * row


def _sole(draft: Draft, buffer: str, kind: str) -> Operation | None:
    """Return the operation of a ``kind`` that touches a buffer, if there is just one."""
    found = [op for op in draft.operations if op.kind == kind and op.touches(buffer)]
    return found[0] if len(found) == 1 else None


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
