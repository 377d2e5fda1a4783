"""Softmax followed by cross entropy; the formula is in kernels/cpu/softmax_cross_entropy.py."""

from __future__ import annotations

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types

_WHOLE_BLOCK = 1024
_LANES = 32


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
    kernel = function("softmax_cross_entropy", "backward", **types(dx.dtype), K=classes, TOP=1)
    arrays = (probabilities, labels, counters, dx)
    kernel(blocks(rows * classes), (BLOCK,), (*arrays, rows, float(coefficient), accumulate))


def forward_backward(
    *,
    x: DeviceArray,
    labels: DeviceArray,
    metrics: DeviceArray,
    counters: DeviceArray,
    dx: DeviceArray,
    terms: DeviceArray,
    coefficient: float,
    top: int = 1,
) -> None:
    """Do softmax.forward, cross_entropy.forward and ``backward`` at once, and keep no probabilities."""
    rows, classes = x.shape
    kernel = function("softmax_cross_entropy", "forward_backward", **types(x.dtype), K=classes, TOP=top)
    arrays = (x, labels, counters, dx, terms)
    kernel(blocks(rows * _LANES), (BLOCK,), (*arrays, rows, float(coefficient)))
    keep(terms=terms, metrics=metrics, counters=counters, top=top)


def forward_backward_workspace(shapes: dict[str, Shape], **_: object) -> dict[str, Shape]:
    """Return the shape of ``terms``: what each row has for the metrics."""
    return {"terms": (3, shapes["x"][0])}


def keep(*, terms: DeviceArray, metrics: DeviceArray, counters: DeviceArray, top: int = 1) -> None:
    """Add what the rows have, ``terms`` (3, rows), to the metrics: loss, errors and those among the top."""
    kernel = function("softmax_cross_entropy", "keep", **types(terms.dtype), K=1, TOP=top)
    kernel((1,), (_WHOLE_BLOCK,), (terms, metrics, counters, terms.shape[1]))
