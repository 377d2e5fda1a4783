"""Lets operations wait for those of other streams whose buffers they use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from engine.plan.types import Operation, Stream

_Clock = dict[Stream, int]


def synchronise(operations: Sequence[Operation], ranks: tuple[int, ...]) -> tuple[Operation, ...]:
    """Return the operations with all that each must wait for in ``after``, but for what follows anyway.

    An operation waits for the last that wrote what it reads, and before it writes, for all that read or
    wrote that.
    """
    waits: dict[str, set[str]] = defaultdict(set)
    for rank in ranks:
        _add_waits(waits, [operation for operation in operations if rank in operation.ranks], rank)
    place = {operation.name: number for number, operation in enumerate(operations)}
    return tuple(
        replace(operation, after=tuple(sorted({*operation.after, *waits[operation.name]}, key=place.get)))  # type: ignore[arg-type]
        for operation in operations
    )


def _add_waits(waits: dict[str, set[str]], operations: Sequence[Operation], rank: int) -> None:
    """Add what the operations of one rank wait for.

    ``clocks`` holds, for each operation, the last operation of each stream that has ended when it ends.
    """
    writers: dict[str, int] = {}
    readers: dict[str, list[int]] = defaultdict(list)
    clocks: list[_Clock] = []
    last: dict[Stream, int] = {}
    for number, operation in enumerate(operations):
        reads, writes = set(operation.reads(rank).values()), set(operation.writes(rank).values())
        needed = {writers[name] for name in reads | writes if name in writers}
        needed.update(*(readers[name] for name in writes))
        clock: _Clock = dict(clocks[last[operation.stream]]) if operation.stream in last else {}
        for other in sorted(needed, reverse=True):
            stream = operations[other].stream
            if stream != operation.stream and clock.get(stream, -1) < other:
                waits[operation.name].add(operations[other].name)
                for key, value in clocks[other].items():
                    clock[key] = max(clock.get(key, -1), value)
        clock[operation.stream] = number
        clocks.append(clock)
        last[operation.stream] = number
        for name in reads:
            readers[name].append(number)
        for name in writes:
            writers[name] = number
            readers[name] = []
