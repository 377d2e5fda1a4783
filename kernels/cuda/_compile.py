"""Compiles kernels by NVRTC, each by itself, for exactly the types and the geometry that it is launched with.

The others of its file would take the compiler as long, and mostly need other macros. CuPy keeps the machine
code on disk, by source, compiler and class of GPU. For each new set of options it has the compiler tell its
version, by a compilation of nothing: so all have the same; macros go into the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from typing import Any

from kernels import control

Macro = str | int | float

BLOCK = 256
"""Threads of a block, where nothing asks for another number."""

_MOST_BLOCKS = 1 << 16
SHARED_BY_RIGHT = 48 << 10
"""Bytes of shared memory that a block has without asking for them."""

_OPTIONS = ("-std=c++17",)
_FOLDER = Path(__file__).parent
_INCLUDE = re.compile(r'^#include "(_\w+\.cuh)"$', re.MULTILINE)
_KERNEL = re.compile(
    r'^extern "C" __global__ [^;{]*?\b(\w+)\([^(){;]*\) \{(?:.*\}|\n(?s:.*?)^\})$', re.MULTILINE
)
"""A kernel, whose name is all that is caught: it ends on its line, or with a brace at the start of one."""

_TYPES = {
    "float32": ("float", "float"),
    "float64": ("double", "double"),
    "bfloat16": ("__nv_bfloat16", "float"),
}


class Kernel:
    """A kernel for exactly its types and geometry, compiled when it is first launched or asked to be.

    Launch it as ``kernel((blocks,), (threads,), (arguments, …))``: arrays by pointer, int as long long,
    float as double. CuPy raises CompileException with the compiler's words, or CUDADriverError.
    """

    def __init__(self, stem: str, name: str, macros: Mapping[str, Macro]) -> None:
        self._stem, self._name, self._macros = stem, name, macros
        self._function: Any = None

    def compile(self) -> None:
        """Compile the kernel and load it."""
        if self._function is None:
            import cupy

            code = source(self._stem, self._name, self._macros)
            self._function = cupy.RawModule(code=code, options=_OPTIONS).get_function(self._name)

    def __call__(
        self, grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...], shared_mem: int = 0
    ) -> None:
        """Launch the kernel; within a rehearsal, note that it would be."""
        noted = _rehearsal.get()
        if noted is not None:
            noted.append(self)
            return
        self.compile()
        if shared_mem > SHARED_BY_RIGHT:
            self._function.max_dynamic_shared_size_bytes = shared_mem
        self._function(grid, block, arguments, shared_mem=shared_mem)


_rehearsal: ContextVar[list[Kernel] | None] = ContextVar("rehearsal", default=None)


@contextmanager
def rehearsal() -> Iterator[list[Kernel]]:
    """Have nothing launched within; yield the list of what would have been.

    So all kernels of a program can be compiled at once, on many threads.
    """
    noted: list[Kernel] = []
    token = _rehearsal.set(noted)
    try:
        yield noted
    finally:
        _rehearsal.reset(token)


@cache
def function(stem: str, name: str, **macros: Macro) -> Kernel:
    """Return the kernel ``name`` of kernels/cuda/``stem``.cu with ``macros``."""
    return Kernel(stem, name, dict(sorted(macros.items())))


def compile_all(kernels: Iterable[Kernel], use: Callable[[], None]) -> None:
    """Compile kernels on all cores, by threads that call ``use`` first, for the GPU that they are for."""
    function("_stamp", "stamp").compile()  # the first has CuPy ask for the version: all would at once
    with ThreadPoolExecutor(initializer=use) as threads:
        for done in [threads.submit(kernel.compile) for kernel in set(kernels)]:
            done.result()


def types(dtype: Any) -> dict[str, str]:
    """Return the macros that make T and A of a kernel those for arrays of a ``dtype``."""
    stored, summed = _TYPES[str(dtype)]
    return {"STORED": stored, "SUMMED": summed}


def blocks(count: int, block: int = BLOCK) -> tuple[int]:
    """Return the grid in which threads loop over ``count`` items, each ``block`` times the blocks apart."""
    return (min(-(-count // block), _MOST_BLOCKS),)


def source(stem: str, name: str, macros: Mapping[str, Macro]) -> str:
    """Return all that is compiled: macros, the constants of kernels.control, what is included, one kernel."""
    defined = "".join(f"#define {macro} {value}\n" for macro, value in macros.items())
    return defined + _constants() + _KERNEL.sub(partial(_only, name), _inlined(f"{stem}.cu", set()))


def _only(name: str, kernel: re.Match[str]) -> str:
    """Keep a kernel of this name; in the place of others leave as many lines, so that errors name theirs."""
    return kernel[0] if kernel[1] == name else "\n" * kernel[0].count("\n")


def _constants() -> str:
    values = {name: value for name, value in vars(control).items() if isinstance(value, int)}
    return (
        "namespace control { enum : long long { "
        + ", ".join(f"{name} = {value}" for name, value in values.items())
        + " }; }\n"
    )


def _inlined(name: str, seen: set[str]) -> str:
    """Put included files in their place: the key of the cache must follow from all of the source."""

    def include(match: re.Match[str]) -> str:
        if match[1] in seen:
            return ""
        seen.add(match[1])
        line = text[: match.end()].count("\n") + 2
        return f'{_inlined(match[1], seen)}\n#line {line} "{name}"'

    text = (_FOLDER / name).read_text(encoding="utf-8")
    return f'#line 1 "{name}"\n' + _INCLUDE.sub(include, text)
