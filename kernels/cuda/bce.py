"""Binary cross entropy; the formula and the shapes are in kernels/cpu/bce.py."""

from __future__ import annotations

from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(
    *,
    probabilities: DeviceArray,
    targets: DeviceArray,
    counters: DeviceArray,
    metrics: DeviceArray,
    positive_weight: float,
    by_class: bool,
) -> None:
    """Add loss, errors and examples of this batch to the metrics."""
    arrays = (probabilities, targets, counters, metrics)
    _kernel("forward", probabilities, targets)((1,), (1024,), (*arrays, positive_weight))
    if by_class:
        classes = probabilities.shape[1]
        _kernel("count_by_class", probabilities, targets)(blocks(classes), (BLOCK,), arrays)


def backward(
    *,
    probabilities: DeviceArray,
    targets: DeviceArray,
    counters: DeviceArray,
    dprobabilities: DeviceArray,
    coefficient: float,
    positive_weight: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    arrays = (probabilities, targets, counters, dprobabilities)
    kernel = _kernel("backward", probabilities, targets)
    kernel(blocks(probabilities.size), (BLOCK,), (*arrays, coefficient, positive_weight, accumulate))


def _kernel(name: str, probabilities: DeviceArray, targets: DeviceArray) -> Any:
    rows, classes = probabilities.shape
    kinds = {**types(targets.dtype), "PROBABILITY": types(probabilities.dtype)["STORED"]}
    return function("bce", name, **kinds, ROWS=rows, K=classes)
