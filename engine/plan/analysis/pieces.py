"""What of a buffer each rank holds, and what must move where to make of one buffer another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from engine.plan.types import BATCH, ITEM_BYTES, Buffer

Slices = tuple[slice, ...]


@dataclass(frozen=True)
class Piece:
    """A box that a rank holds: from ``begin`` to ``end`` of the whole, lying at ``at`` of its array."""

    begin: tuple[int, ...]
    end: tuple[int, ...]
    at: tuple[int, ...]

    def of_whole(self) -> Slices:
        """Return the place of the box in the whole; along the batch axis, in the global batch."""
        return tuple(itertools.starmap(slice, zip(self.begin, self.end, strict=True)))

    def of_rank(self) -> Slices:
        """Return the place of the box in the rank's array."""
        return self._at(self.begin, self.end)

    def overlap(self, other: Piece) -> tuple[Slices, Slices] | None:
        """Return what both boxes have in common, as its places in this one's array and in the other's."""
        begin = tuple(map(max, self.begin, other.begin))
        end = tuple(map(min, self.end, other.end))
        if any(map(int.__ge__, begin, end)):
            return None
        return self._at(begin, end), other._at(begin, end)

    def _at(self, begin: tuple[int, ...], end: tuple[int, ...]) -> Slices:
        """Return the place in the rank's array of a box given by its place in the whole."""
        return tuple(
            slice(first - own + at, last - own + at)
            for first, last, own, at in zip(begin, end, self.begin, self.at, strict=True)
        )


@dataclass(frozen=True)
class Move:
    """A box that rank ``source`` has at ``taken`` of its array and rank ``target`` gets at ``put``."""

    source: int
    target: int
    taken: Slices
    put: Slices

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the box."""
        return tuple(place.stop - place.start for place in self.put)


def pieces(buffer: Buffer, rank: int) -> tuple[Piece, ...]:
    """Return the boxes that ``rank`` holds of ``buffer``, in the order in which they lie in its array."""
    axes = [list(_ranges(buffer, axis, rank)) for axis in range(len(buffer.shape))]
    return tuple(
        Piece(tuple(r[0] for r in ranges), tuple(r[1] for r in ranges), tuple(r[2] for r in ranges))
        for ranges in itertools.product(*axes)
    )


def _ranges(buffer: Buffer, axis: int, rank: int) -> Iterator[tuple[int, int, int]]:
    """Yield what a rank holds along an axis: first place, the one after the last, place in its array."""
    shares = buffer.sharding[axis]
    first, last = 0, buffer.shape[axis]
    if shares is not None:
        index = shares.ranks.index(rank)
        first, last = shares.offsets[index], shares.offsets[index + 1]
    if buffer.axes[axis] != BATCH or not buffer.rows:
        yield first, last, 0
        return
    passed = 0
    for begin, end in buffer.rows:
        low, high = max(first, passed), min(last, passed + end - begin)
        if low < high:
            yield begin + low - passed, begin + high - passed, low - first
        passed += end - begin


def moves(source: Buffer, target: Buffer) -> tuple[Move, ...]:
    """Return all moves, on all ranks, that fill ``target`` from ``source``, in one order for all ranks.

    What is moved is what both have. Of what several ranks hold, each takes its own, else that of the first
    rank. Where the source is partial, a box is moved from each rank, to be summed up.
    """
    found = []
    for rank in target.ranks:
        for piece in pieces(target, rank):
            for holder in _holders(source, rank):
                overlaps = (piece.overlap(other) for other in pieces(source, holder))
                found += [Move(holder, rank, taken, put) for put, taken in filter(None, overlaps)]
    return tuple(found)


def _holders(source: Buffer, rank: int) -> tuple[int, ...]:
    """Return the ranks from which ``rank`` takes what it needs."""
    if source.partial or any(shares is not None for shares in source.sharding):
        return source.ranks
    return (rank,) if rank in source.ranks else source.ranks[:1]


def moved_bytes(source: Buffer, target: Buffer) -> dict[int, int]:
    """Return how many bytes each rank sends to others so that ``target`` is filled from ``source``."""
    sent = dict.fromkeys(source.ranks, 0)
    for move in moves(source, target):
        if move.source != move.target:
            sent[move.source] += prod(move.shape) * ITEM_BYTES[source.dtype]
    return sent
