"""Prints a plan as tables of plain text: one line an operation, and the memory it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.plan.types import Operation, Program, TrainingPlan

_HEADINGS = ("step", "operation", "reads", "writes", "shape", "bytes", "at")


def format_plan(plan: TrainingPlan, rank: int = 0) -> str:
    """Return all programs of ``plan`` as ``rank`` runs them, what was fused, and the size of the arena."""
    parts = [
        f"device {plan.device}, {plan.dtype}, batch {plan.batch_size}, "
        f"arena {plan.arena_bytes[rank]:,} bytes on rank {rank}"
    ]
    parts += plan.notes
    for program in plan.programs.values():
        parts.append(f"\nprogram {program.name}")
        parts += format_table((_HEADINGS, *_rows(plan, program, rank)), right=frozenset({0, 5, 6}))
    return "\n".join(parts) + "\n"


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


def _rows(plan: TrainingPlan, program: Program, rank: int) -> Iterable[tuple[str, ...]]:
    for number, operation in enumerate(program.of_rank(rank)):
        for line, name in enumerate(operation.outputs.values()):
            buffer = plan.buffers[name]
            place = program.placements[rank][name]
            shape = "×".join(map(str, buffer.local_shape(rank)))
            head = (str(number), operation.name, _reads(operation)) if line == 0 else ("", "", "")
            yield (*head, name, shape, f"{place.nbytes:,}", f"{place.offset:,}")


def _reads(operation: Operation) -> str:
    reads = list(operation.inputs.values())
    if operation.accumulates:
        reads.append("+=")
    return " ".join(reads)
