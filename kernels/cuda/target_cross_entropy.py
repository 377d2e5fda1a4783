"""Cross entropy with targets; the formula and the shapes are in kernels/cpu/target_cross_entropy.py."""

from __future__ import annotations

from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(
    *, probabilities: DeviceArray, targets: DeviceArray, counters: DeviceArray, metrics: DeviceArray
) -> None:
    """Add loss, errors and examples of this batch to the metrics."""
    kernel = _kernel("forward", probabilities, targets)
    kernel((1,), (1024,), (probabilities, targets, counters, metrics))


def backward(
    *,
    probabilities: DeviceArray,
    targets: DeviceArray,
    counters: DeviceArray,
    dprobabilities: DeviceArray,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    arrays = (probabilities, targets, counters, dprobabilities)
    kernel = _kernel("backward", probabilities, targets)
    kernel(blocks(probabilities.size), (BLOCK,), (*arrays, coefficient, accumulate))


def _kernel(name: str, probabilities: DeviceArray, targets: DeviceArray) -> Any:
    rows, classes = probabilities.shape
    kinds = {**types(targets.dtype), "PROBABILITY": types(probabilities.dtype)["STORED"]}
    return function("target_cross_entropy", name, **kinds, ROWS=rows, K=classes)
