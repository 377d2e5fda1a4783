"""Compares generated kernels with NumPy's, which run in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kernels.cpu.vector.threads import PhaseSequence
from kernels.registry import find

Array = np.ndarray[Any, np.dtype[Any]]

DIRECT_ERROR = 5e-6
WINOGRAD_ERROR = 3e-5
"""Largest difference from float64, over the largest number of the result."""


def run_generated(
    operation: str, target: str, arrays: Mapping[str, Array], **attributes: Any
) -> Mapping[str, Array]:
    """Run a generated kernel on ``arrays``, in which it writes; its workspace begins as NaN."""
    shapes = {name: array.shape for name, array in arrays.items()}
    built = find(operation, "cpu").build(shapes, attributes, "float32", target)
    assert built is not None, f"{operation} is not built for {attributes}"
    workspace = {name: np.full(shape, np.nan, np.float32) for name, shape in built.workspace.items()}
    PhaseSequence([built.bind(target, {**arrays, **workspace})])()  # type: ignore[list-item]
    return arrays


def run_numpy(operation: str, arrays: Mapping[str, Array], **attributes: Any) -> Mapping[str, Array]:
    """Return copies of ``arrays``, in float64 where they are float32, on which NumPy's kernel has run."""
    copies = {
        name: array.astype(np.float64) if array.dtype == np.float32 else array.copy()
        for name, array in arrays.items()
    }
    kernel = find(operation, "cpu")
    shapes = {name: array.shape for name, array in copies.items()}
    wanted = kernel.workspace(shapes, **attributes) if kernel.workspace else {}
    kernel.function(**copies, **{name: np.empty(shape) for name, shape in wanted.items()}, **attributes)
    return copies


def check(operation: str, target: str, arrays: Mapping[str, Array], *outputs: str, **attributes: Any) -> None:
    """Assert that a generated kernel writes what NumPy's does; first the outputs are made random.

    ``target`` may name a method, "avx512 direct" for one.
    """
    error = WINOGRAD_ERROR if target.endswith("winograd") else DIRECT_ERROR
    for number, name in enumerate(outputs):
        if arrays[name].dtype == np.float32:
            arrays[name][...] = numbers(arrays[name].shape, 100 + number)
    expected = run_numpy(operation, arrays, **attributes)
    found = run_generated(operation, target, arrays, **attributes)
    for name in outputs:
        largest = max(np.abs(expected[name]).max(), 1e-30)
        np.testing.assert_allclose(found[name] / largest, expected[name] / largest, rtol=0, atol=error)


def numbers(shape: tuple[int, ...], seed: int) -> Array:
    """Return float32 numbers from −1 to 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)
