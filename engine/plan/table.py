"""Prints a plan as tables of plain text: one line an operation, and the memory it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.plan.analysis.traffic import sent_bytes, step_bytes
from engine.plan.types import Operation, Program, TrainingPlan

_HEADINGS = (
    "step",
    "pass",
    "stream",
    "operation",
    "code",
    "after",
    "sends",
    "reads",
    "writes",
    "shape",
    "bytes",
    "at",
)
_RIGHT = frozenset({"step", "pass", "sends", "bytes", "at"})


def format_plan(plan: TrainingPlan, rank: int = 0) -> str:
    """Return all programs of ``plan`` as ``rank`` runs them, what was fused, and the size of the arena."""
    parts = [
        f"device {plan.device}, {_numbers(plan)}, batch {plan.batch_size}, "
        f"arena {plan.arena_bytes[rank]:,} bytes on rank {rank}"
    ]
    parts += plan.notes
    for program in plan.programs.values():
        parts.append(f"\nprogram {program.name}{_traffic(plan, program)}")
        columns = list(zip(_HEADINGS, *_rows(plan, program, rank), strict=True))
        said = [column for column in columns if any(column[1:])]
        right = frozenset(index for index, column in enumerate(said) if column[0] in _RIGHT)
        parts += format_table(zip(*said, strict=True), right)
    return "\n".join(parts) + "\n"


def _numbers(plan: TrainingPlan) -> str:
    return plan.dtype if plan.precision == "float32" else f"{plan.precision} with sums of {plan.dtype}"


def format_table(rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Return rows as lines with aligned columns; the columns numbered in ``right`` are flush right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _traffic(plan: TrainingPlan, program: Program) -> str:
    """Return what all ranks send in a program, by kind, where there are several."""
    sent = step_bytes(program, plan.buffers)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(sent.items()))
    return f": {len(plan.ranks)} ranks send {sum(sent.values()):,} bytes ({kinds})" if sent else ""


def _rows(plan: TrainingPlan, program: Program, rank: int) -> Iterator[tuple[str, ...]]:
    """Yield a line for each buffer that an operation writes, and one for an operation that writes none.

    Where a program has one pass, or one stream, that says nothing and is left out.
    """
    operations = program.of_rank(rank)
    passes = len({operation.pass_index for operation in operations}) > 1
    streams = len({operation.stream for operation in operations}) > 1
    for number, operation in enumerate(operations):
        head: tuple[str, ...] = (
            str(number),
            str(operation.pass_index) if passes else "",
            operation.stream if streams else "",
            operation.name,
            operation.code,
            " ".join(operation.after),
            _sends(plan, operation, rank),
            _reads(operation, rank),
        )
        for name in operation.writes(rank).values() or ("",):
            yield (*head, *_buffer(plan, program, rank, name))
            head = ("",) * len(head)


def _sends(plan: TrainingPlan, operation: Operation, rank: int) -> str:
    """Return the bytes that a rank sends to others in a communication."""
    return f"{sent_bytes(operation, plan.buffers).get(rank, 0):,}" if operation.communicator else ""


def _reads(operation: Operation, rank: int) -> str:
    reads = list(operation.reads(rank).values())
    if operation.accumulates:
        reads.append("+=")
    return " ".join(reads)


def _buffer(plan: TrainingPlan, program: Program, rank: int, name: str) -> tuple[str, str, str, str]:
    if not name:
        return ("", "", "", "")
    buffer = plan.buffers[name]
    place = program.placements[rank][name]
    shape = "×".join(map(str, buffer.local_shape(rank)))
    return name, f"{shape} term" if buffer.partial else shape, f"{place.nbytes:,}", f"{place.offset:,}"
