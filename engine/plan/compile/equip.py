"""Gives each operation the scratch memory that its kernel wants, on each rank, and says which is built."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.plan.analysis.partition.communicate import SLICE
from engine.plan.analysis.partition.whole import is_update
from engine.plan.types import Buffer, DType, Operation, Shares
from kernels.registry import Built, Shapes, find

_Wanted = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Target:
    """What kernels run on: a kind of ``device``, numbers of a ``dtype``, and what they are built for.

    ``code`` is "" where plain kernels are to run. ``choices`` are codes of single operations, by program and
    name, of all that are built, where the quickest were found before; None where they are yet to be found.
    """

    device: Literal["cpu", "cuda"]
    dtype: DType
    code: str
    choices: Mapping[str, str] | None = None


def equip(
    program: str, operations: Iterable[Operation], buffers: dict[str, Buffer], target: Target
) -> tuple[Operation, ...]:
    """Return the operations with ports for their scratch buffers, which are added to ``buffers``.

    A kernel is built where that can be done for the shapes of every rank.
    """
    operations = tuple(operations)
    if target.device == "cuda" and target.code and target.choices is None:
        from kernels.cuda.graphs.built import compile_contests

        compute = [operation for operation in operations if _has_kernel(operation)]
        compile_contests(lambda: [_build(program, operation, buffers, target) for operation in compute])
    return tuple(
        _equip(program, operation, buffers, target) if _has_kernel(operation) else operation
        for operation in operations
    )


def _has_kernel(operation: Operation) -> bool:
    return operation.communicator is None and operation.kind != SLICE


def _build(
    program: str, operation: Operation, buffers: Mapping[str, Buffer], target: Target
) -> tuple[str, list[Shapes], list[Built | None]]:
    """Return the code to build for, and by rank the shapes of an operation's arrays, and what is built."""
    code = target.code
    if target.choices is not None:
        code = target.choices.get(f"{program}/{operation.name}", "")
    arrays = {**operation.inputs, **operation.outputs}
    shapes = [
        {port: buffers[name].local_shape(rank) for port, name in arrays.items()} for rank in operation.ranks
    ]
    if _sees_some_rows(operation, buffers):
        code = ""  # built kernels take their rows for all of the global batch
    kernel = find(operation.kind, target.device)
    return code, shapes, [kernel.build(local, operation.attributes, target.dtype, code) for local in shapes]


def _equip(program: str, operation: Operation, buffers: dict[str, Buffer], target: Target) -> Operation:
    dtype = target.dtype
    code, shapes, built = _build(program, operation, buffers, target)
    wanted: list[_Wanted] = [one.workspace for one in built if one is not None]
    if len(wanted) < len(shapes):
        code = ""
        make = find(operation.kind, target.device).workspace
        wanted = [make(local, **operation.attributes) if make else {} for local in shapes]
    elif code:
        methods = {one.method for one in built if one is not None}
        code = f"{target.code.split()[0]} {methods.pop()}".strip() if len(methods) == 1 else code
    scratch = {}
    for port in wanted[0]:
        buffer = _scratch(f"{operation.name}.{port}", operation.ranks, [each[port] for each in wanted], dtype)
        if buffers.setdefault(buffer.name, buffer) != buffer:  # another program's, of another shape
            buffer = replace(buffer, name=f"{buffer.name} {program}")
            buffers[buffer.name] = buffer
        scratch[port] = buffer.name
    return replace(operation, outputs={**operation.outputs, **scratch}, code=code)


def _sees_some_rows(operation: Operation, buffers: Mapping[str, Buffer]) -> bool:
    """Whether counters may tell an operation of more rows than it sees."""
    counters = operation.inputs.get("counters") or operation.outputs.get("counters")
    several = counters is not None and len(buffers["counters"].ranks) > 1
    return several and not is_update(operation)


def _scratch(name: str, ranks: tuple[int, ...], shapes: Sequence[tuple[int, ...]], dtype: DType) -> Buffer:
    """Return the buffer that has a shape of its own on each rank: along an axis, one after the other."""
    extents = list(zip(*shapes, strict=True))
    sharding = tuple(
        None if len(set(extent)) == 1 else Shares(ranks, (0, *itertools.accumulate(extent)))
        for extent in extents
    )
    whole = tuple(
        extent[0] if shares is None else sum(extent) for extent, shares in zip(extents, sharding, strict=True)
    )
    axes = tuple(f"axis{index}" for index in range(len(whole)))
    return Buffer(name, "workspace", whole, axes, dtype, sharding=sharding, ranks=ranks)
