"""How far kernels are from their twins on the CPU, which compute the same in float64."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan.types import Operation
from engine.runtime.executor import Executor
from kernels.registry import Kernel, MissingKernelError, find

BARS = {"bfloat16": 1e-2, "tf32": 1e-3, "float32": 1e-5}
"""By precision, how large an error of a kernel may be."""

_WINNERS = "winners"
"""Which of two sums is the larger rounding decides, where they are nearly equal."""

Arrays = dict[str, NDArray[Any]]


def errors(executor: Executor, program: str) -> Iterator[tuple[Operation, float]]:
    """Run a program operation by operation, and yield each that has a twin with its error.

    That is the largest difference of a number that it writes from what the twin writes, given the same
    inputs, as a share of the largest number of that array.
    """
    for operation, call in executor.calls(program):
        twin = _twin(operation)
        if twin is None:
            call()
            continue
        names = {**operation.inputs, **operation.outputs}
        exact = {port: _exact(executor.content(program, name)) for port, name in names.items()}
        call()
        compared = _run(twin, operation, exact)
        yield (
            operation,
            max(
                _difference(_exact(executor.content(program, operation.outputs[port])), exact[port])
                for port in compared
            ),
        )


def _twin(operation: Operation) -> Kernel | None:
    """Return the kernel of the CPU; None for what only GPUs do."""
    try:
        return find(operation.kind, "cpu")
    except MissingKernelError:
        return None


def _run(twin: Kernel, operation: Operation, arrays: Arrays) -> list[str]:
    """Have the twin write its outputs among ``arrays``, and return their ports."""
    wanted = signature(twin.function).parameters
    taken = {port: array for port, array in arrays.items() if port in wanted}
    shapes = {port: array.shape for port, array in taken.items()}
    told = {name: value for name, value in operation.attributes.items() if name != "tf32"}  # of GPUs alone
    scratch = twin.workspace(shapes, **told) if twin.workspace else {}
    room = {port: np.empty(shape) for port, shape in scratch.items()}
    if "denominators" in wanted and "denominators" not in taken:  # GPUs keep none
        room["denominators"] = _denominators(operation, arrays["x"])
    twin.function(**{**taken, **room}, **told)
    if "gate" in arrays:  # the ReLU before, whose gradient GPUs join with this one
        taken["dx"] *= arrays["gate"] > 0
    return [port for port in operation.outputs if port in taken and port not in room and port != _WINNERS]


def _denominators(operation: Operation, x: NDArray[Any]) -> NDArray[Any]:
    """Return the denominators of a response normalisation of ``x``."""
    family = operation.kind.partition(".")[0]
    denominators = np.empty_like(x)
    told = {name: value for name, value in operation.attributes.items() if name != "accumulate"}
    find(f"{family}.forward", "cpu").function(x=x, denominators=denominators, y=np.empty_like(x), **told)
    return denominators


def _exact(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy, of float64 but for whole numbers."""
    with np.errstate(invalid="ignore"):  # what is yet to be written may be no number
        return array.copy() if array.dtype.kind in "iu" else array.astype(np.float64)


def _difference(values: NDArray[Any], expected: NDArray[Any]) -> float:
    largest = float(np.abs(expected).max(initial=0.0))
    return float(np.abs(values - expected).max(initial=0.0)) / (largest or 1.0)
