"""Which operations of a program are sure to end before which others begin, on each rank."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from engine.errors import PlanError
from engine.plan.analysis.partition.rules import takes_terms
from engine.plan.types import Buffer, Communicator, Operation, Program
from engine.words import Words


class HappensBefore:
    """The partial order of the operations that one rank runs, numbered as in the rank's projection.

    An operation follows the one before it on its stream, and those that it names in ``after``.
    """

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._before: list[int] = []
        self.index: dict[str, int] = {}
        last_on_stream: dict[str, int] = {}
        for number, operation in enumerate(operations):
            direct = [self.index[name] for name in operation.after if name in self.index]
            if operation.stream in last_on_stream:
                direct.append(last_on_stream[operation.stream])
            self._before.append(self._with_all_before(direct))
            self.index[operation.name] = number
            last_on_stream[operation.stream] = number

    def _with_all_before(self, numbers: Iterable[int]) -> int:
        bits = 0
        for number in numbers:
            bits |= self._before[number] | 1 << number
        return bits

    def before(self, number: int) -> int:
        """Return the operations before ``number`` as a set of bits."""
        return self._before[number]

    def ends_before(self, first: int, second: int) -> bool:
        """Whether operation ``first`` has ended when ``second`` begins."""
        return bool(self._before[second] >> first & 1)


def prove(
    program: Program,
    buffers: Mapping[str, Buffer],
    ranks: tuple[int, ...],
    communicators: tuple[Communicator, ...],
) -> None:
    """Prove a program's communication and data flow, on all ranks; raises PlanError where a proof fails."""
    prove_one_order(program, communicators)
    for rank in ranks:
        prove_data_flow(program, buffers, rank)


def prove_one_order(program: Program, communicators: tuple[Communicator, ...]) -> None:
    """Prove that all ranks of each communicator meet its operations in one order, so that none waits forever.

    Every member must take part in each, and on each rank they must follow one another. The order itself is
    then the program's on every rank. Raises PlanError with the operation where it fails.
    """
    for communicator in communicators:
        operations = [op for op in program.operations if op.communicator == communicator.name]
        for operation in operations:
            if operation.ranks != communicator.ranks:
                raise PlanError(
                    layer=operation.layer,
                    expected=Words(
                        "ranks {ranks} at {operation}", ranks=communicator.ranks, operation=operation.name
                    ),
                    found=str(operation.ranks),
                    hint="Every member of a communicator takes part in its operations.",
                )
        for rank in communicator.ranks:
            _prove_chain(program, operations, rank)


def _prove_chain(program: Program, operations: list[Operation], rank: int) -> None:
    order = HappensBefore(program.of_rank(rank))
    for first, second in itertools.pairwise(operations):
        if not order.ends_before(order.index[first.name], order.index[second.name]):
            raise PlanError(
                layer=second.layer,
                expected=Words(
                    "{first} to end before {second} on rank {rank}",
                    first=first.name,
                    second=second.name,
                    rank=rank,
                ),
                found="nothing that orders them",
                hint="Put them on one stream, or let one wait for the other.",
            )


def prove_data_flow(program: Program, buffers: Mapping[str, Buffer], rank: int) -> None:
    """Prove that nothing is read before it is written, and that no write meets another use of its buffer.

    Nor is a term of a sum taken for the sum. Raises PlanError with the operation where it fails: a fault of a
    pass, never of the user.
    """
    operations = program.of_rank(rank)
    order = HappensBefore(operations)
    writer: dict[str, int] = {}
    readers: dict[str, list[int]] = defaultdict(list)
    for number, operation in enumerate(operations):
        inputs, outputs = set(operation.reads(rank).values()), set(operation.writes(rank).values())
        added_to = {name for name in outputs if operation.accumulates and buffers[name].role != "workspace"}
        for name in sorted(inputs):
            ports = [port for port, buffer in operation.reads(rank).items() if buffer == name]
            takes = operation.communicator or all(takes_terms(operation.kind, port) for port in ports)
            if buffers[name].partial and not takes:
                expected = Words("{buffer} to be summed over its ranks", buffer=name)
                raise _flow_error(operation, expected, "a term of the sum")
        for name in sorted(inputs | added_to):
            if name not in writer and not buffers[name].persistent:
                expected = Words("{buffer} to be written before it", buffer=name)
                raise _flow_error(operation, expected, "nothing that writes it")
            _prove_before(operations, order, name, [writer[name]] if name in writer else [], number)
            readers[name].append(number)
        for name in sorted(outputs):
            _prove_before(operations, order, name, [n for n in readers[name] if n != number], number)
            _prove_before(operations, order, name, [writer[name]] if name in writer else [], number)
            writer[name] = number
            readers[name] = []


def _prove_before(
    operations: tuple[Operation, ...], order: HappensBefore, buffer: str, earlier: list[int], number: int
) -> None:
    for other in earlier:
        if not order.ends_before(other, number):
            expected = Words("{operation} to end first", operation=operations[other].name)
            found = Words("both may use {buffer} at once", buffer=buffer)
            raise _flow_error(operations[number], expected, found)


def _flow_error(operation: Operation, expected: str, found: str) -> PlanError:
    return PlanError(
        layer=operation.layer,
        expected=Words("before {operation}: {expected}", operation=operation.name, expected=expected),
        found=found,
        hint="This is a fault of the program; please report it.",
    )
