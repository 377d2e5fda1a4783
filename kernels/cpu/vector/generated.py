"""What a generated kernel is: before it is compiled, and bound to arrays."""

from __future__ import annotations

import ctypes
import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from kernels.arrays import Shape
from kernels.cpu.vector.code_cache import linker
from kernels.cpu.vector.ir import I64, POINTER, VOID, Code, Number, Unit, Value
from kernels.cpu.vector.target import Method, Target, target_of

IMAGE_GROUPS = 32
"""Groups that the images of a batch make, if there are as many images; fixed, whatever the threads."""


@contextmanager
def _without_collections() -> Iterator[None]:
    """Look for no garbage meanwhile: a kernel being written is large, and all in use until it is done."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True)
class Arguments:
    """What a phase's function finds: its arrays by name, the number of its group, and scratch memory."""

    arrays: Mapping[str, Value]
    group: Value
    scratch: Value

    def __getitem__(self, name: str) -> Value:
        return self.arrays[name]


@dataclass(frozen=True)
class Phase:
    """A part of a kernel that needs all of the part before it: ``groups`` pieces of work in any order.

    A phase that goes by ``images`` touches, in group g, only those rows of the arrays that other phases
    write which belong to the g-th group of images. It may then follow the phases before it group by group,
    while a group's pictures are in the cache. ``early`` phases prepare weights: they may come before others.
    """

    name: str
    groups: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    emit: Callable[[Code, Arguments], None]
    images: int = 0
    early: bool = False


@dataclass(frozen=True)
class Generated:
    """A kernel of exactly one geometry. ``what`` names both, and tells it from all others.

    ``workspace`` are the shapes of further arrays that it is to be bound to; ``tables`` are constants that it
    reads; ``scratch`` is how many elements a thread needs for itself. ``method`` is how it works, where there
    are several.
    """

    what: str
    arrays: tuple[str, ...]
    phases: tuple[Phase, ...]
    workspace: Mapping[str, Shape] = field(default_factory=dict)
    tables: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    scratch: int = 0
    method: Method = ""

    def bind(self, code: str, arrays: Mapping[str, NDArray[Any]]) -> Launch:
        """Return the kernel for the target of ``code``, ready to run on ``arrays``, workspace included."""
        names = self._names
        target = code.partition(" ")[0]
        loaded = linker(target).load(self.what, self._symbols, lambda: self.text(target_of(code)))
        pointers = (ctypes.c_void_p * len(names))(
            *(arrays[n].ctypes.data if n in arrays else self.tables[n].ctypes.data for n in names)
        )
        bound = tuple(
            BoundPhase(
                phase=phase,
                function=partial(loaded, symbol),
                arguments=ctypes.addressof(pointers),
                reads=_extents(phase.reads, arrays),
                writes=_extents(phase.writes, arrays),
            )
            for phase, symbol in zip(self.phases, self._symbols, strict=True)
        )
        return Launch(bound, self.scratch, (pointers, self.tables, list(arrays.values())))

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.arrays, *self.workspace, *self.tables)

    @property
    def _symbols(self) -> list[str]:
        digest = hashlib.sha256(self.what.encode()).hexdigest()[:16]
        return [f"k{digest}.{index}.{phase.name}" for index, phase in enumerate(self.phases)]

    @_without_collections()
    def text(self, target: Target) -> str:
        """Return the kernel in LLVM's language."""
        unit = Unit(target)
        for phase, symbol in zip(self.phases, self._symbols, strict=True):
            kind = ir.FunctionType(VOID, [POINTER, I64, POINTER])
            code = Code(unit, ir.Function(unit.module, kind, symbol))
            table, group, scratch = code.arguments
            used = {*phase.reads, *phase.writes, *self.tables}
            arrays = {
                name: code.pointer(table, index) for index, name in enumerate(self._names) if name in used
            }
            phase.emit(code, Arguments(arrays, group, scratch))
            code.builder.ret_void()
        return str(unit.module)


@dataclass(frozen=True)
class Extent:
    """The bytes from ``start`` to ``end``."""

    start: int
    end: int

    def meets(self, other: Extent) -> bool:
        """Whether a byte is in both."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class BoundPhase:
    """A phase with its machine code, its arguments, and the memory that it touches.

    ``function`` returns the address of the code; it waits until it is compiled.
    """

    phase: Phase
    function: Callable[[], int]
    arguments: int
    reads: tuple[Extent, ...]
    writes: tuple[Extent, ...]


@dataclass(frozen=True)
class Launch:
    """A kernel bound to arrays. ``keep`` is what must live as long as it does."""

    phases: tuple[BoundPhase, ...]
    scratch: int
    keep: object

    def joined(self, following: Sequence[Launch]) -> Callable[[], None]:
        """Return one call that runs this kernel and then those that follow it, on all threads."""
        from kernels.cpu.vector.threads import PhaseSequence

        return PhaseSequence([self, *following])


def image_groups(images: int) -> tuple[int, int]:
    """Return how many groups ``images`` make, and how many images a group has; the last may have fewer."""
    size = -(-images // IMAGE_GROUPS)
    return -(-images // size), size


def each_image(
    code: Code, group: Value, images: int, group_images: int, body: Callable[[Number], None]
) -> None:
    """Write the loop over the images of a group: ``body(image)``."""
    first = code.times(group, group_images)
    count = code.smaller(group_images, code.plus(images, code.times(first, -1)))
    code.loop(group_images if images % group_images == 0 else count, lambda i: body(code.plus(first, i)))


def _extents(names: tuple[str, ...], arrays: Mapping[str, NDArray[Any]]) -> tuple[Extent, ...]:
    return tuple(
        Extent(arrays[name].ctypes.data, arrays[name].ctypes.data + arrays[name].nbytes) for name in names
    )
