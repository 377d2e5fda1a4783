"""Convolutions, and kernels on small whole numbers with exact sums: in float64, on a GPU in bfloat16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.arrays import Pair, Shape
from kernels.registry import find
from tests.kernels import on_gpu

Arrays = dict[str, np.ndarray[Any, Any]]

_OF_GPU = {"winners": "i4", "dweights": "f4", "dbiases": "f4"}
"""What is not bfloat16 there."""


@dataclass(frozen=True)
class Convolution:
    """Pictures and filters."""

    x: Shape
    weights: Shape
    stride: Pair
    padding: Pair

    @property
    def maps(self) -> Pair:
        """Rows and columns of the maps, of windows that lie inside what is padded."""
        sides = zip(self.x[1:3], self.padding, self.weights[1:3], self.stride, strict=True)
        rows, columns = ((extent + 2 * around - size) // step + 1 for extent, around, size, step in sides)
        return rows, columns


def run(device: str, operation: str, arrays: Arrays, how: dict[str, Any]) -> Arrays:
    """Return what the arrays hold after a kernel, with scratch arrays that begin as no numbers."""
    kernel = find(operation, device)
    own = {port: array.astype(type_of(device, port)) for port, array in arrays.items()}
    shapes = {port: array.shape for port, array in own.items()}
    wanted = kernel.workspace(shapes, **how) if kernel.workspace else {}
    scratch = {port: np.full(shape, np.nan, type_of(device, "dweights")) for port, shape in wanted.items()}
    if device == "cuda":
        on_gpu.call(kernel.function, own | scratch, how)
    else:
        kernel.function(**own, **scratch, **how)
    return own


def type_of(device: str, port: str) -> Any:
    """Return the type of what a kernel has at a port."""
    if device == "cpu":
        return "i4" if port == "winners" else "f8"
    import ml_dtypes

    return _OF_GPU.get(port, ml_dtypes.bfloat16)
