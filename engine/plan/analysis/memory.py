"""Gives every buffer a place in an arena; buffers that are never in use together share memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.plan.analysis.order import HappensBefore
from engine.plan.types import Buffer, Operation, Placement, Program

ALIGNMENT = 64
"""Bytes; a cache line, and the widest vector register."""


@dataclass
class _Block:
    """Memory for one buffer, or for several that are written in place of one another."""

    names: list[str]
    nbytes: int
    uses: int
    before_all: int
    """Operations that end before every use, as a set of bits."""
    offset: int = 0


def place(
    programs: Mapping[str, Program], buffers: Mapping[str, Buffer], ranks: tuple[int, ...]
) -> tuple[dict[str, Program], dict[int, int]]:
    """Return the programs with all buffers placed, and the bytes of each rank's arena.

    Programs share the memory after what outlives them, since one runs at a time. Their data flow is proved.
    """
    persistent = {rank: _place_persistent(buffers, rank) for rank in ranks}
    placed = {}
    for name, program in programs.items():
        placements = {}
        for rank in ranks:
            base = _end(persistent[rank].values())
            placements[rank] = persistent[rank] | _place_transient(program, buffers, rank, base)
        placed[name] = replace(program, placements=placements)
    arena_bytes = {
        rank: max(_end(program.placements[rank].values()) for program in placed.values()) for rank in ranks
    }
    return placed, arena_bytes


def _place_persistent(buffers: Mapping[str, Buffer], rank: int) -> dict[str, Placement]:
    """Return the places of a rank's buffers that outlive a program, one after the other."""
    placements = {}
    offset = 0
    for name, buffer in buffers.items():
        if buffer.persistent and rank in buffer.ranks:
            nbytes = buffer.nbytes(rank)
            placements[name] = Placement(offset, nbytes)
            offset += _aligned(nbytes)
    return placements


def _place_transient(
    program: Program, buffers: Mapping[str, Buffer], rank: int, base: int
) -> dict[str, Placement]:
    """Return the places of a program's other buffers on ``rank``, from byte ``base`` of the arena on.

    Two buffers share memory only where every use of one has ended before any use of the other begins.
    The largest are placed first, each at the lowest place that is free.
    """
    operations = program.of_rank(rank)
    order = HappensBefore(operations)
    blocks = _share_in_place(_blocks(operations, buffers, rank, order), operations, rank, order)
    placed: list[_Block] = []
    for block in sorted(blocks, key=lambda block: -block.nbytes):
        block.offset = _lowest_free(block, placed)
        placed.append(block)
    return {
        name: Placement(base + block.offset, buffers[name].nbytes(rank))
        for block in placed
        for name in block.names
    }


def _end(placements: Iterable[Placement]) -> int:
    """Return the first byte after all placements, aligned."""
    return _aligned(max((place.offset + place.nbytes for place in placements), default=0))


def _aligned(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def _blocks(
    operations: tuple[Operation, ...], buffers: Mapping[str, Buffer], rank: int, order: HappensBefore
) -> dict[str, _Block]:
    users: dict[str, set[int]] = defaultdict(set)
    for number, operation in enumerate(operations):
        for name in (*operation.reads(rank).values(), *operation.writes(rank).values()):
            if not buffers[name].persistent:
                users[name].add(number)
    return {name: _block(name, buffers[name].nbytes(rank), numbers, order) for name, numbers in users.items()}


def _block(name: str, nbytes: int, users: set[int], order: HappensBefore) -> _Block:
    before_all = -1
    uses = 0
    for number in users:
        before_all &= order.before(number)
        uses |= 1 << number
    return _Block([name], nbytes, uses, before_all)


def _ends_before(first: _Block, second: _Block) -> bool:
    return first.uses & second.before_all == first.uses


def _share_in_place(
    blocks: dict[str, _Block], operations: tuple[Operation, ...], rank: int, order: HappensBefore
) -> list[_Block]:
    """Merge the blocks of an input and an output that an operation may write in place of it.

    Legal where the input enters at that port alone and is not used after or beside the operation, and the
    output is not used before it. That the output is not used beside it is part of the proof of the data flow.
    """
    for number, operation in enumerate(operations):
        reads, writes = operation.reads(rank), operation.writes(rank)
        for x, y in operation.in_place_ports():
            source, target = blocks.get(reads.get(x, "")), blocks.get(writes.get(y, ""))
            if source is None or target is None or source is target or source.nbytes != target.nbytes:
                continue
            if list(reads.values()).count(reads[x]) > 1:
                continue
            here = 1 << number
            source_ends = source.uses & ~here
            if source_ends & order.before(number) == source_ends and _begins(target, here):
                source.names += target.names
                source.uses |= target.uses
                for name in target.names:
                    blocks[name] = source
    return list({id(block): block for block in blocks.values()}.values())


def _begins(block: _Block, here: int) -> bool:
    """Whether the operation that is the bit ``here`` is the first that uses ``block``."""
    return block.uses & -block.uses == here


def _lowest_free(block: _Block, placed: list[_Block]) -> int:
    """Return the lowest offset at which ``block`` overlaps no placed block that is in use beside it."""
    beside = sorted(
        (other for other in placed if not _ends_before(other, block) and not _ends_before(block, other)),
        key=lambda other: other.offset,
    )
    offset = 0
    for other in beside:
        if offset + block.nbytes <= other.offset:
            break
        offset = max(offset, _aligned(other.offset + other.nbytes))
    return offset
