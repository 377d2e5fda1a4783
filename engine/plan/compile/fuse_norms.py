"""Fusions of response normalisation for GPUs, where computing it again takes less than loading it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from engine.plan.compile.draft import Draft
from engine.plan.types import ITEM_BYTES, Operation, Value
from kernels.cuda import _norm_blocks


def fuse_norms(draft: Draft) -> None:
    """Keep no denominators, and no responses that are only pooled."""
    for forward in [op for op in draft.operations if op.kind == "cmrnorm.forward"]:
        _drop_denominators(draft, forward)
    for forward in [op for op in draft.operations if op.kind == "cmrnorm.forward"]:
        _fuse_pool(draft, forward)


def _drop_denominators(draft: Draft, forward: Operation) -> None:
    kept = forward.outputs["denominators"]
    users = [op for op in draft.operations if op.touches(kept)]
    if all(op.kind in {"cmrnorm.forward", "cmrnorm.backward"} for op in users):
        for op in users:
            draft.operations[draft.operations.index(op)] = dataclasses.replace(
                op, inputs=_without(op.inputs, kept), outputs=_without(op.outputs, kept)
            )
        del draft.buffers[kept]


def _fuse_pool(draft: Draft, norm: Operation) -> None:
    """Pool responses as they are computed, if nothing else reads them, and alike for the gradients."""
    responses = norm.outputs["y"]
    users = {op.kind: op for op in draft.operations if op.touches(responses) and op is not norm}
    pool = users.get("max_pool.forward")
    count = sum(op.touches(responses) for op in draft.operations) - 1
    if pool is None or "denominators" in norm.outputs or not _fits(draft, norm, pool):
        return
    if count == 1:
        _join(draft, (norm, pool), {"x": norm.inputs["x"]}, {"y": pool.outputs["y"]})
        del draft.buffers[responses]
        return
    of_pool = users.get("max_pool.backward")
    of_norm = None if of_pool is None else _reader(draft, of_pool)
    if count != 2 or of_pool is None or of_norm is None:
        return
    inputs = {**of_norm.inputs, "y": of_pool.inputs["y"], "dy": of_pool.inputs["dy"]}
    of_responses = of_pool.outputs["dx"]
    _join(draft, (norm, pool), {"x": norm.inputs["x"]}, {"y": pool.outputs["y"]})
    _join(draft, (of_norm, of_pool), inputs, dict(of_norm.outputs))
    for buffer in (responses, of_responses):
        del draft.buffers[buffer]
    draft.gradients = {of: name for of, name in draft.gradients.items() if name != of_responses}


def _fits(draft: Draft, norm: Operation, pool: Operation) -> bool:
    """Whether there are kernels for this geometry."""
    pictures = draft.buffers[norm.inputs["x"]]
    maps, size, window = pictures.shape[3], norm.attributes["size"], pool.attributes["size"]
    assert isinstance(size, int)
    assert isinstance(window, tuple)
    fits = _norm_blocks.fits(maps, size, window, ITEM_BYTES[pictures.dtype])  # type: ignore[arg-type]
    return fits and not norm.attributes["blocked"]


def _reader(draft: Draft, of_pool: Operation) -> Operation | None:
    """Return the gradient of the normalisation that alone reads what ``of_pool`` writes, if neither adds."""
    written = of_pool.outputs["dx"]
    readers = [op for op in draft.operations if op.touches(written) and op is not of_pool]
    if len(readers) != 1 or readers[0].kind != "cmrnorm.backward":
        return None
    adds = readers[0].accumulates or of_pool.accumulates or "gate" in of_pool.inputs
    return None if adds else readers[0]


def _join(
    draft: Draft, pair: tuple[Operation, Operation], inputs: dict[str, str], outputs: dict[str, str]
) -> None:
    """Put one operation in the place of the later of a normalisation and its pool, or of their gradients."""
    norm, pool = pair
    kind = f"cmrnorm_max_pool.{norm.kind.partition('.')[2]}"
    how: dict[str, Value] = {name: norm.attributes[name] for name in ("size", "scale", "power", "minimum")}
    for name in ("size", "stride", "start"):
        how[f"pool_{name}"] = pool.attributes[name]
    joined = Operation(f"{norm.layer}.{kind}", kind, norm.layer, inputs, outputs, how)
    draft.notes.append(f"{norm.name} and {pool.name}: fused")
    earlier, later = sorted(pair, key=draft.operations.index)
    draft.operations[draft.operations.index(later)] = joined
    draft.operations.remove(earlier)


def _without(ports: Mapping[str, str], buffer: str) -> dict[str, str]:
    return {port: name for port, name in ports.items() if name != buffer}
