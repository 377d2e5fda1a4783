"""Launches kernels for GPUs where there is no GPU: what would be compiled is noted instead."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.plan.types import Buffer, TrainingPlan
from engine.runtime.arrays import element_type
from kernels.cuda import _compile, _many
from kernels.registry import find

Unit = tuple[str, tuple[str, ...]]
"""What is compiled at once: a source and the compiler's options."""

_PLAIN = {"Index": int, "double": float, "bool": bool}
_ELEMENTS = {
    "Index": "int64",
    "int": "int32",
    "unsigned char": "uint8",
    "float": "float32",
    "double": "float64",
    "__nv_bfloat16": "bfloat16",
}


@contextmanager
def noted() -> Iterator[set[Unit]]:
    """Take CuPy's place, and yield what is compiled meanwhile. Launches are held against their kernels."""
    units: set[Unit] = set()

    class RawModule:
        def __init__(self, code: str, options: tuple[str, ...]) -> None:
            self._code = code
            self._types = dict(re.findall(r"^#define (\w+) (\w+)$", code.partition("#line")[0], re.MULTILINE))
            units.add((code, options))

        def get_function(self, name: str) -> Any:
            parameters = parameters_of(self._code, name, self._types)

            def launched(grid: tuple[int, ...], block: tuple[int, ...], arguments: Any, **_: Any) -> None:
                assert 0 < np.prod(block) <= 1024
                assert all(grid)
                check(name, parameters, arguments)

            return launched

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cupy", SimpleNamespace(RawModule=RawModule))
        patch.setattr(_many, "address_of", lambda array: 0)
        _forget()
        yield units
    _forget()


def _forget() -> None:
    _compile.function.cache_clear()


def parameters_of(code: str, name: str, macros: dict[str, str]) -> list[str]:
    """Return the types of a kernel's parameters, such as "float*"."""
    found = re.search(rf"__global__[^;{{]*\b{name}\(([^)]*)\)", code)
    assert found, f"there is no kernel {name}"
    names = {**dict(re.findall(r"using (\w+) = (\w+);", code)), "T": "STORED", "A": "SUMMED"}
    types = []
    for parameter in found[1].split(","):
        words = re.sub(r"\b(const|__restrict__)\b|\w+\s*$", "", parameter.strip()).replace(" ", "")
        base = words.rstrip("*").replace("unsignedchar", "unsigned char")
        base = macros.get(names.get(base, base), base)
        types.append(base + "*" * words.count("*"))
    return types


def check(name: str, parameters: list[str], arguments: Any) -> None:
    """Assert that what a launch hands on is what the kernel takes."""
    assert len(parameters) == len(arguments), name
    for parameter, argument in zip(parameters, arguments, strict=True):
        if not parameter.endswith("*"):
            assert type(argument) is _PLAIN[parameter], (name, parameter, argument)
        elif parameter != "char*" and argument is not None and not isinstance(argument, int):
            assert _ELEMENTS[parameter[:-1]] == str(argument.dtype), (name, parameter, argument.dtype)


def launch(plan: TrainingPlan) -> set[str]:
    """Launch every kernel of a plan on arrays without memory; return the operations' kinds."""
    launched = set()
    for program in plan.programs.values():
        for operation in program.of_rank(0):
            ports = {**operation.inputs, **operation.outputs}
            arrays = {port: _array(plan.buffers[name]) for port, name in ports.items()}
            find(operation.kind, "cuda").function(**arrays, **operation.attributes)
            launched.add(operation.kind)
    return launched


def _array(buffer: Buffer) -> Any:
    """Return an array that is as large as the buffer only in its shape."""
    return np.broadcast_to(np.zeros((), element_type(buffer.dtype)), buffer.shape)
