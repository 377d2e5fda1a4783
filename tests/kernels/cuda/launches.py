"""Launches kernels for GPUs where there is no GPU: what would be compiled is noted instead."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from engine.plan.types import Operation, TrainingPlan
from kernels.cuda import _compile
from kernels.registry import MissingKernelError, find

Unit = tuple[str, tuple[str, ...]]
"""What is compiled at once: a source and the compiler's options."""

SUMS = frozenset({"dweights", "dbiases", "means", "scales", "average_means", "average_variances"})
"""Ports with numbers of the type of sums, see kernels.cuda."""

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
            self._types = dict(re.findall(r"-D(\w+)=(\w+)", " ".join(options)))
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
        _compile.function.cache_clear()
        yield units
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
        elif argument is not None and not isinstance(argument, int):
            assert _ELEMENTS[parameter[:-1]] == str(argument.dtype), (name, parameter, argument.dtype)


def launch(plan: TrainingPlan, dtype: str) -> set[str]:
    """Launch every operation of a plan on arrays without memory; return those that have a kernel."""
    launched = set()
    for program in plan.programs.values():
        for operation in program.of_rank(0):
            try:
                kernel = find(operation.kind, "cuda")
            except MissingKernelError:
                continue
            arrays = _arrays(plan, operation, dtype)
            if kernel.workspace:
                shapes = {port: array.shape for port, array in arrays.items()}
                scratch = kernel.workspace(shapes, **operation.attributes)
                arrays |= {port: _array(shape, _sums(dtype)) for port, shape in scratch.items()}
            kernel.function(**arrays, **operation.attributes)
            launched.add(operation.kind)
    return launched


def _arrays(plan: TrainingPlan, operation: Operation, dtype: str) -> dict[str, Any]:
    arrays = {}
    for port, name in {**operation.inputs, **operation.outputs}.items():
        buffer = plan.buffers[name]
        if buffer.role == "workspace":
            continue
        kind: str = buffer.dtype
        if kind == plan.dtype:
            summed = port in SUMS or operation.kind.endswith(".update")
            kind = _sums(dtype) if summed else dtype
        arrays[port] = _array(buffer.shape, kind)
    return arrays


def _sums(dtype: str) -> str:
    return "float32" if dtype == "bfloat16" else dtype


def _array(shape: tuple[int, ...], dtype: str) -> Any:
    """Return an array that is as large as it says only in its shape."""
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    return np.broadcast_to(np.zeros((), kind), shape)
