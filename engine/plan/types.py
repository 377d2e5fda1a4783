"""What a plan is made of: buffers, operations, programs. All of it is frozen and can be printed.

A plan is one global program for all ranks; what one rank runs is a projection of it. Shapes are logical and
global: the share that a rank holds follows from the buffer's sharding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.layers.base import Learning

Role = Literal[
    "input",
    "labels",
    "activation",
    "mask",
    "gradient",
    "weight",
    "weight copy",
    "weight gradient",
    "average",
    "velocity",
    "control",
    "metrics",
    "workspace",
]
PERSISTENT: frozenset[Role] = frozenset(
    {"input", "labels", "weight", "weight copy", "average", "velocity", "control", "metrics"}
)
"""Roles of buffers that keep their content from one program to the next."""

DType = Literal["bfloat16", "float32", "float64", "int32", "int64", "uint8"]
ITEM_BYTES: Mapping[DType, int] = {
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
}

Precision = Literal["float32", "tf32", "bfloat16"]
"""What kernels multiply with, the coarsest last; sums are float32, or float64 where numbers are."""

Stream = Literal["compute", "weights", "updates", "communication"]
"""Gradients of weights may have a stream of their own: nothing waits for them but the update. So may updates,
where gradients are summed up over ranks: only the next step waits for them.
"""

Value: TypeAlias = bool | int | float | str | tuple[int, ...]

BATCH = "n"
"""The name of the axis that counts the examples of a batch."""

Rows: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges of the rows of a global batch, each from its first row to the one after its last."""


@dataclass(frozen=True)
class Shares:
    """How an axis is shared out: ``ranks[i]`` holds the places from ``offsets[i]`` to ``offsets[i + 1]``."""

    ranks: tuple[int, ...]
    offsets: tuple[int, ...]

    def __post_init__(self) -> None:
        is_whole = len(self.offsets) == len(self.ranks) + 1 and self.offsets[0] == 0
        if not is_whole or list(self.offsets) != sorted(self.offsets):
            raise ValueError(f"offsets {self.offsets} do not share an axis out over ranks {self.ranks}")

    def extent(self, rank: int) -> int:
        """Return how many places of the axis ``rank`` holds."""
        index = self.ranks.index(rank)
        return self.offsets[index + 1] - self.offsets[index]


@dataclass(frozen=True)
class Buffer:
    """An array of the plan.

    ``shape`` is logical and global, over the named ``axes`` in canonical order: pictures (n, height, width,
    channel), vectors (n, unit), conv weights (filter, kernel_height, kernel_width, channel), fc weights
    (output, input). ``layout`` is the order of the axes in memory. ``sharding`` tells for each axis how it is
    shared out over ``ranks``, None where each rank holds all of it. ``pass_index`` is the pass of a step that
    the content belongs to, None where it belongs to all. A ``partial`` buffer holds on each rank a term of
    the sum that it stands for.
    """

    name: str
    role: Role
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    dtype: DType
    layout: tuple[str, ...] = ()
    sharding: tuple[Shares | None, ...] = ()
    ranks: tuple[int, ...] = (0,)
    pass_index: int | None = None
    partial: bool = False
    rows: Rows = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", self.layout or self.axes)
        object.__setattr__(self, "sharding", self.sharding or (None,) * len(self.shape))
        if not len(self.shape) == len(self.axes) == len(self.sharding) or set(self.layout) != set(self.axes):
            raise ValueError(f"{self.name}: shape, axes, layout and sharding do not belong together")
        for extent, shares in zip(self.shape, self.sharding, strict=True):
            if shares is not None and (shares.offsets[-1] != extent or shares.ranks != self.ranks):
                raise ValueError(f"{self.name}: {shares} do not share {extent} out over ranks {self.ranks}")

    @property
    def persistent(self) -> bool:
        """Whether the content outlives a program."""
        return self.role in PERSISTENT

    @property
    def is_real(self) -> bool:
        """Whether it holds real numbers, of whatever precision."""
        return self.dtype in {"bfloat16", "float32", "float64"}

    def local_shape(self, rank: int) -> tuple[int, ...]:
        """Return the logical shape of what ``rank`` holds."""
        return tuple(
            extent if shares is None else shares.extent(rank)
            for extent, shares in zip(self.shape, self.sharding, strict=True)
        )

    def nbytes(self, rank: int) -> int:
        """Return the bytes of what ``rank`` holds."""
        return math.prod(self.local_shape(rank)) * ITEM_BYTES[self.dtype]


@dataclass(frozen=True)
class Operation:
    """One step of a program: a kernel or a communication, with buffer names by port.

    An operation begins after those before it on its ``stream`` on each of its ``ranks``, and after the
    operations named in ``after``. ``in_place`` names an input port and an output port that may share memory,
    or two families of ports, such as x for x0, x1, … and y for y0, y1, …
    A communication names its ``communicator``; every member takes part. ``only_on`` tells which ranks have a
    port that not all have: the x of a broadcast, say, or the y of a reduction to one rank.
    """

    name: str
    kind: str
    layer: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Value] = field(default_factory=dict)
    in_place: tuple[str, str] | None = None
    ranks: tuple[int, ...] = (0,)
    pass_index: int = 0
    stream: Stream = "compute"
    after: tuple[str, ...] = ()
    communicator: str | None = None
    only_on: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    code: str = ""
    """The target that the kernel is built for, "" where the plain kernel runs."""

    @property
    def accumulates(self) -> bool:
        """Whether the operation adds to what its outputs hold."""
        return self.attributes.get("accumulate") is True

    def in_place_ports(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs of an input port and an output port that may share memory."""
        if self.in_place is not None and not self.accumulates:
            source, target = self.in_place
            for port in self.inputs:
                number = port.removeprefix(source)
                if port.startswith(source) and (not number or number.isdecimal()):
                    yield port, target + number

    def touches(self, buffer: str) -> bool:
        """Whether the operation reads or writes a buffer on any rank."""
        return buffer in self.inputs.values() or buffer in self.outputs.values()

    def reads(self, rank: int) -> dict[str, str]:
        """Return the inputs that the operation has on ``rank``, by port."""
        return {port: name for port, name in self.inputs.items() if self._has(port, rank)}

    def writes(self, rank: int) -> dict[str, str]:
        """Return the outputs that the operation has on ``rank``, by port."""
        return {port: name for port, name in self.outputs.items() if self._has(port, rank)}

    def _has(self, port: str, rank: int) -> bool:
        return rank in self.only_on.get(port, self.ranks)


@dataclass(frozen=True)
class Communicator:
    """A named group of ranks that communicate."""

    name: str
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class Placement:
    """Where a buffer lies in a rank's arena, in bytes."""

    offset: int
    nbytes: int


@dataclass(frozen=True)
class Program:
    """One variant of a step: ``operations`` in one global order, and each rank's places of its buffers.

    An operation only waits for operations before it, so the order is one that no rank can get stuck in.
    """

    name: str
    operations: tuple[Operation, ...]
    placements: Mapping[int, Mapping[str, Placement]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        earlier: set[str] = set()
        for operation in self.operations:
            if operation.name in earlier or not earlier.issuperset(operation.after):
                raise ValueError(f"{operation.name}: there twice, or waits for what does not come before it")
            earlier.add(operation.name)

    def of_rank(self, rank: int) -> tuple[Operation, ...]:
        """Return the projection of the program on ``rank``."""
        return tuple(operation for operation in self.operations if rank in operation.ranks)


@dataclass(frozen=True)
class WeightSlot:
    """A weight that learns: row ``slot`` of the step's settings holds its rate, momentum and decay.

    ``states`` are the buffers that its optimiser keeps beside it: a velocity, or means.
    """

    slot: int
    weight: str
    states: tuple[str, ...]
    learning: Learning


@dataclass(frozen=True)
class TrainingPlan:
    """A network compiled for a batch size, a kind of device and a type of number.

    ``offsets`` tells for each buffer of counters, and each rank, where in the global batch the first row lies
    of the operations that read it. ``copies`` are the buffers that hold weights rounded to a shorter type, by
    the weights that they are copies of.
    """

    device: str
    dtype: DType
    batch_size: int
    buffers: Mapping[str, Buffer]
    programs: Mapping[str, Program]
    slots: tuple[WeightSlot, ...]
    communicators: tuple[Communicator, ...]
    arena_bytes: Mapping[int, int]
    notes: tuple[str, ...] = ()
    offsets: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    precision: Precision = "float32"

    @property
    def ranks(self) -> tuple[int, ...]:
        """All ranks that run the plan."""
        return tuple(sorted(self.arena_bytes))

    def first_rows(self, rank: int) -> dict[str, int]:
        """Return for each buffer of counters on ``rank`` where in the batch the first row lies."""
        return {name: places[rank] for name, places in self.offsets.items() if rank in places}

    def by_role(self, role: Role) -> tuple[Buffer, ...]:
        """Return the buffers of a role, in the order in which they were made."""
        return tuple(buffer for buffer in self.buffers.values() if buffer.role == role)
