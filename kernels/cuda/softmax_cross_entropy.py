"""The gradient of softmax followed by cross entropy; see kernels/cpu/softmax_cross_entropy.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def backward(
    *,
    probabilities: DeviceArray,
    labels: DeviceArray,
    counters: DeviceArray,
    dx: DeviceArray,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dx. Rows that are not valid have none."""
    rows, classes = probabilities.shape
    kernel = function("softmax_cross_entropy", "backward", **types(dx.dtype), K=classes)
    arrays = (probabilities, labels, counters, dx)
    kernel(blocks(rows * classes), (BLOCK,), (*arrays, rows, float(coefficient), accumulate))
