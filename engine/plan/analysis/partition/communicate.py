"""Makes the operation that fills a buffer of one form from the same buffer in another."""

from __future__ import annotations

from collections.abc import Sequence

from engine.plan.analysis.pieces import Move, moves
from engine.plan.types import Buffer, Communicator, Operation

SLICE = "slice"
"""The kind of an operation that takes of a buffer what the rank itself holds."""

AGREE = "agree"
"""The kind of an operation that tells all ranks of the first step whose loss was not finite."""


def kind_of(source: Buffer, target: Buffer) -> str:
    """Return how ``target`` is filled from ``source``: all_reduce, all_gather, slice and so on."""
    return _kind(source, target, moves(source, target))


def _kind(source: Buffer, target: Buffer, found: Sequence[Move]) -> str:
    crossing = [move for move in found if move.source != move.target]
    senders, receivers = {move.source for move in crossing}, {move.target for move in crossing}
    whole = not any(target.sharding)
    if source.partial:
        if whole and target.ranks == source.ranks:
            return "all_reduce"
        return "reduce" if len(receivers) == 1 else "reduce_scatter"
    if not crossing:
        return SLICE
    if len(senders) == 1:
        return "send" if len(receivers) == 1 else "broadcast"
    if len(receivers) == 1:
        return "gather"
    return "all_gather" if whole else "all_to_all"


def fill(
    name: str,
    layer: str,
    source: Buffer,
    target: Buffer,
    *,
    accumulate: bool = False,
    mean: bool = False,
) -> Operation:
    """Return the operation that fills ``target``, or adds to it, from ``source``; ports x and y.

    ``name`` is put before the operation's kind. All ranks that have or want something take part. In place of
    the sum of terms it may be their ``mean``.
    """
    found = moves(source, target)
    kind = _kind(source, target, found)
    senders = tuple(sorted({move.source for move in found}))
    receivers = tuple(sorted({move.target for move in found}))
    ranks = tuple(sorted({*senders, *receivers}))
    ports = {"x": senders, "y": receivers}
    return Operation(
        name=f"{name}.{kind}",
        kind=kind,
        layer=layer,
        inputs={"x": source.name},
        outputs={"y": target.name},
        attributes={name: True for name, is_so in (("accumulate", accumulate), ("mean", mean)) if is_so},
        in_place=("x", "y") if kind == "all_reduce" else None,
        ranks=ranks,
        pass_index=target.pass_index or source.pass_index or 0,
        stream="compute" if kind == SLICE else "communication",
        communicator=None if kind == SLICE else communicator(ranks).name,
        only_on={port: having for port, having in ports.items() if having != ranks},
    )


def all_reduce(name: str, sources: Sequence[Buffer], targets: Sequence[Buffer]) -> Operation:
    """Return one operation that sums up several buffers over their ranks; ports x0, x1, … and y0, y1, …"""
    ranks = sources[0].ranks
    return Operation(
        name=name,
        kind="all_reduce",
        layer="gradients",
        inputs={f"x{number}": buffer.name for number, buffer in enumerate(sources)},
        outputs={f"y{number}": buffer.name for number, buffer in enumerate(targets)},
        in_place=("x", "y"),
        ranks=ranks,
        stream="communication",
        communicator=communicator(ranks).name,
    )


def agree(counters: Sequence[Buffer], ranks: tuple[int, ...]) -> Operation:
    """Return the operation after which all ``counters``, on all ranks, know of a loss that is not finite."""
    ports = {f"x{number}": buffer for number, buffer in enumerate(counters)}
    only_on = {port: buffer.ranks for port, buffer in ports.items() if buffer.ranks != ranks}
    return Operation(
        name=f"counters.{AGREE}",
        kind=AGREE,
        layer="counters",
        inputs={port: buffer.name for port, buffer in ports.items()},
        outputs={port.replace("x", "y"): buffer.name for port, buffer in ports.items()},
        ranks=ranks,
        stream="communication",
        communicator=communicator(ranks).name,
        only_on=only_on | {port.replace("x", "y"): having for port, having in only_on.items()},
    )


def communicator(ranks: tuple[int, ...]) -> Communicator:
    """Return the group of these ranks."""
    return Communicator("ranks " + "-".join(map(str, ranks)), ranks)
