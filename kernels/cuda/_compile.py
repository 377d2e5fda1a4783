"""Compiles kernels by NVRTC, each for exactly the types and the geometry that it is launched with.

CuPy keeps the machine code on disk, by source, macros, compiler and class of GPU.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kernels import control

BLOCK = 256
"""Threads of a block, where nothing asks for another number."""

_MOST_BLOCKS = 1 << 16
_FOLDER = Path(__file__).parent
_INCLUDE = re.compile(r'^#include "(_\w+\.cuh)"$', re.MULTILINE)
_TYPES = {
    "float32": ("float", "float"),
    "float64": ("double", "double"),
    "bfloat16": ("__nv_bfloat16", "float"),
}


@cache
def function(stem: str, name: str, **macros: str | int | float) -> Any:
    """Return the kernel ``name`` of kernels/cuda/``stem``.cu, compiled with ``macros``.

    Launch it as ``kernel((blocks,), (threads,), (arguments, …))``: arrays by pointer, int as long long,
    float as double. CuPy raises CompileException with the compiler's words, or CUDADriverError.
    """
    import cupy

    module = cupy.RawModule(code=source(stem), options=options(macros))
    return module.get_function(name)


def types(dtype: Any) -> dict[str, str]:
    """Return the macros that make T and A of a kernel those for arrays of a ``dtype``."""
    stored, summed = _TYPES[str(dtype)]
    return {"STORED": stored, "SUMMED": summed}


def blocks(count: int, block: int = BLOCK) -> tuple[int]:
    """Return the grid in which threads loop over ``count`` items, each ``block`` times the blocks apart."""
    return (min(-(-count // block), _MOST_BLOCKS),)


def source(stem: str) -> str:
    """Return the whole text that is compiled: the constants of kernels.control, and what is included."""
    return _constants() + _inlined(f"{stem}.cu", set())


def options(macros: Mapping[str, str | int | float]) -> tuple[str, ...]:
    """Return the options of the compiler."""
    return ("-std=c++17", *(f"-D{name}={value}" for name, value in sorted(macros.items())))


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
