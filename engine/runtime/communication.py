"""Binds communications to a rank's arrays: what is sent, what is received, and what becomes of it.

Arrays are NumPy's or, on a GPU, CuPy's, which obey NumPy's functions too. Nothing is allocated in a call, so
that those on a GPU can be captured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.parallel.communicators.communicator import Communicator, Message
from engine.plan.analysis.partition.communicate import AGREE
from engine.plan.analysis.pieces import Move, moves
from engine.plan.analysis.traffic import sums_at_once
from engine.plan.types import Buffer, Operation
from kernels.control import FIRST_BAD_STEP

Arrays = Mapping[str, Any]
Call = Callable[[], None]


def bind(operation: Operation, buffers: Mapping[str, Buffer], arrays: Arrays, line: Communicator) -> Call:
    """Return the call that does a rank's part of a communication, or of a slice.

    ``arrays`` are the rank's arrays by port. Arrays to pack messages in are allocated here, once. Sums are
    taken in the order of the ranks, so they have the same bits on every rank and in every run.
    """
    if operation.kind == AGREE:
        return _agree(operation, arrays, line)
    if sums_at_once(operation, buffers):
        return _all_reduce(operation, arrays, line)
    source, target = buffers[operation.inputs["x"]], buffers[operation.outputs["y"]]
    found = moves(source, target)
    if source.partial:
        return _reduce(found, arrays, line, add=operation.accumulates)
    return _move(found, arrays, line, add=operation.accumulates)


def filler(source: Buffer, target: Buffer, arrays: Arrays, line: Communicator) -> Call:
    """Return the call that fills ``target`` from ``source`` between two programs; ports x and y."""
    make = _reduce if source.partial else _move
    return make(moves(source, target), arrays, line, add=False)


def _move(found: tuple[Move, ...], arrays: Arrays, line: Communicator, *, add: bool) -> Call:
    sends = [(m.target, arrays["x"][m.taken]) for m in found if m.source == line.rank != m.target]
    keeps = [(arrays["x"][m.taken], arrays["y"][m.put]) for m in found if m.source == line.rank == m.target]
    gets = [(m.source, arrays["y"][m.put]) for m in found if m.source != line.rank == m.target]
    packed = [(peer, _packed(view)) for peer, view in sends]
    received = [(peer, _room(view) if add else _packed(view)) for peer, view in gets]

    def call() -> None:
        _copy(sends, packed)
        if packed or received:
            line.exchange(packed, received)
        for view, mine in keeps:
            _put(mine, view, add)
        for (_, mine), (_, message) in zip(gets, received, strict=True):
            if mine is not message:
                _put(mine, message, add)

    return call


def _reduce(found: tuple[Move, ...], arrays: Arrays, line: Communicator, *, add: bool) -> Call:
    sends = [(m.target, arrays["x"][m.taken]) for m in found if m.source == line.rank != m.target]
    packed = [(peer, _packed(view)) for peer, view in sends]
    received: list[Message] = []
    sums: dict[tuple[tuple[int, int], ...], list[Any]] = defaultdict(list)
    places = {}
    for move in found:
        if move.target == line.rank:
            place = tuple((side.start, side.stop) for side in move.put)
            places[place] = arrays["y"][move.put]
            if move.source == line.rank:
                sums[place].append(arrays["x"][move.taken])
            else:
                received.append((move.source, _room(places[place])))
                sums[place].append(received[-1][1])
    # Where a target may be one of its own terms, or is added to, the sum is made elsewhere first.
    apart = {
        place: _room(places[place])
        for place, terms in sums.items()
        if add or any(np.may_share_memory(term, places[place]) for term in terms)
    }

    def call() -> None:
        _copy(sends, packed)
        line.exchange(packed, received)
        for place, terms in sums.items():
            _sum(terms, apart.get(place, places[place]))
        for place, total in apart.items():
            _put(places[place], total, add)

    return call


def _all_reduce(operation: Operation, arrays: Arrays, line: Communicator) -> Call:
    ports = [(port, port.replace("x", "y")) for port in operation.inputs]
    pairs = [(arrays[x].reshape(-1), arrays[y].reshape(-1)) for x, y in ports]
    copied = [(term, result) for term, result in pairs if not np.may_share_memory(term, result)]
    results = [result for _, result in pairs]
    sum_up = line.summer(results, operation.ranks)
    of_mean = results if operation.attributes.get("mean") else []

    def call() -> None:
        for term, result in copied:
            np.copyto(result, term)
        sum_up()
        for result in of_mean:
            np.divide(result, len(operation.ranks), out=result)

    return call


def _agree(operation: Operation, arrays: Arrays, line: Communicator) -> Call:
    place = slice(FIRST_BAD_STEP, FIRST_BAD_STEP + 1)
    steps = [array[place] for port, array in arrays.items() if port.startswith("y")]
    own = _room(steps[0])
    received = [(rank, _room(own)) for rank in operation.ranks if rank != line.rank]

    def call() -> None:
        np.copyto(own, steps[0])
        for step in steps[1:]:
            np.maximum(own, step, out=own)
        line.exchange([(rank, own) for rank, _ in received], received)
        for _, step in received:
            np.maximum(steps[0], step, out=steps[0])
        np.maximum(steps[0], own, out=steps[0])
        for step in steps[1:]:
            np.copyto(step, steps[0])

    return call


def _packed(view: Any) -> Any:
    """Return an array to send or receive a view by: itself where it lies in one piece."""
    return view if view.flags.c_contiguous else _room(view)


def _room(view: Any) -> Any:
    return np.empty_like(view, order="C")


def _copy(sends: Sequence[Message], packed: Sequence[Message]) -> None:
    for (_, view), (_, message) in zip(sends, packed, strict=True):
        if message is not view:
            np.copyto(message, view)


def _sum(terms: Sequence[Any], total: Any) -> None:
    if len(terms) == 1:
        np.copyto(total, terms[0])
        return
    np.add(terms[0], terms[1], out=total)
    for term in terms[2:]:
        np.add(total, term, out=total)


def _put(target: Any, values: Any, add: bool) -> None:
    if add:
        np.add(target, values, out=target)
    else:
        np.copyto(target, values)
