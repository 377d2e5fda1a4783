"""Binds communications to a rank's arrays: what is sent, what is received, and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.parallel.communicators.communicator import Communicator, Message
from engine.plan.analysis.partition.communicate import AGREE
from engine.plan.analysis.pieces import Move, moves
from engine.plan.analysis.traffic import parts, sums_at_once
from engine.plan.types import Buffer, Operation
from kernels.control import FIRST_BAD_STEP

Arrays = Mapping[str, NDArray[Any]]
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
    packed = [(peer, np.empty_like(view, order="C")) for peer, view in sends]
    received = [(peer, np.empty_like(view, order="C")) for peer, view in gets]

    def call() -> None:
        for (_, view), (_, message) in zip(sends, packed, strict=True):
            np.copyto(message, view)
        if packed or received:
            line.exchange(packed, received)
        for view, mine in keeps:
            _put(mine, view, add)
        for (_, mine), (_, message) in zip(gets, received, strict=True):
            _put(mine, message, add)

    return call


def _reduce(found: tuple[Move, ...], arrays: Arrays, line: Communicator, *, add: bool) -> Call:
    sends = [(m.target, arrays["x"][m.taken]) for m in found if m.source == line.rank != m.target]
    packed = [(peer, np.empty_like(view, order="C")) for peer, view in sends]
    received: list[Message] = []
    sums: dict[tuple[tuple[int, int], ...], list[NDArray[Any]]] = defaultdict(list)
    places = {}
    for move in found:
        if move.target == line.rank:
            place = tuple((side.start, side.stop) for side in move.put)
            places[place] = arrays["y"][move.put]
            if move.source == line.rank:
                sums[place].append(arrays["x"][move.taken])
            else:
                received.append((move.source, np.empty(move.shape, arrays["y"].dtype)))
                sums[place].append(received[-1][1])

    def call() -> None:
        for (_, view), (_, message) in zip(sends, packed, strict=True):
            np.copyto(message, view)
        line.exchange(packed, received)
        for place, terms in sums.items():
            _put(places[place], _sum(terms), add)

    return call


def _all_reduce(operation: Operation, arrays: Arrays, line: Communicator) -> Call:
    """Sum up arrays over all ranks, each rank its share of them, and hand the sums to all.

    Each rank sends 2 (K − 1) / K of the arrays' size. Source: Rabenseifner 2004, "Optimization of collective
    reduction operations".
    """
    terms = [arrays[port].reshape(-1) for port in operation.inputs]
    results = [arrays[port].reshape(-1) for port in operation.outputs if port.startswith("y")]
    whole = np.empty(sum(term.size for term in terms), terms[0].dtype)
    count = len(operation.ranks)
    shares = [whole[first:last] for first, last in parts(whole.size, count)]
    own = operation.ranks.index(line.rank)
    received = [shares[own] if number == own else np.empty_like(shares[own]) for number in range(count)]
    others = [(number, rank) for number, rank in enumerate(operation.ranks) if rank != line.rank]

    def call() -> None:
        np.concatenate(terms, out=whole)
        line.exchange(
            [(rank, shares[number]) for number, rank in others],
            [(rank, received[number]) for number, rank in others],
        )
        np.copyto(shares[own], _sum(received))
        line.exchange(
            [(rank, shares[own]) for _, rank in others], [(rank, shares[number]) for number, rank in others]
        )
        first = 0
        for result in results:
            np.copyto(result, whole[first : first + result.size])
            first += result.size

    return call


def _agree(operation: Operation, arrays: Arrays, line: Communicator) -> Call:
    counters = [array for port, array in arrays.items() if port.startswith("y")]
    others = [rank for rank in operation.ranks if rank != line.rank]
    own = np.empty(1, np.int64)
    received = [(rank, np.empty(1, np.int64)) for rank in others]

    def call() -> None:
        own[0] = max(array[FIRST_BAD_STEP] for array in counters)
        line.exchange([(rank, own) for rank in others], received)
        worst = max(own[0], *(step[0] for _, step in received))
        for array in counters:
            array[FIRST_BAD_STEP] = worst

    return call


def _sum(terms: list[NDArray[Any]]) -> NDArray[Any]:
    total = terms[0].copy()
    for term in terms[1:]:
        total += term
    return total


def _put(target: NDArray[Any], values: NDArray[Any], add: bool) -> None:
    if add:
        np.add(target, values, out=target)
    else:
        np.copyto(target, values)
