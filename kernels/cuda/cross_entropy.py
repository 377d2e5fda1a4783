"""Cross entropy; the formula and the shapes are in kernels/cpu/cross_entropy.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types

_WHOLE_BLOCK = 1024


def forward(
    *,
    probabilities: DeviceArray,
    labels: DeviceArray,
    counters: DeviceArray,
    metrics: DeviceArray,
    top: int = 1,
) -> None:
    """Add loss, errors and examples of this batch to the metrics, and errors among the ``top`` if above 1."""
    rows, classes = probabilities.shape
    kernel = function("cross_entropy", "forward", **types(probabilities.dtype), K=classes, TOP=top)
    kernel((1,), (_WHOLE_BLOCK,), (probabilities, labels, metrics, counters, rows))


def backward(
    *,
    probabilities: DeviceArray,
    labels: DeviceArray,
    counters: DeviceArray,
    dprobabilities: DeviceArray,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dprobabilities. Rows that are not valid have none."""
    rows, classes = probabilities.shape
    kernel = function("cross_entropy", "backward", **types(probabilities.dtype), K=classes, TOP=1)
    arrays = (probabilities, labels, counters, dprobabilities)
    kernel(blocks(rows * classes), (BLOCK,), (*arrays, rows, float(coefficient), accumulate))
