"""Sum of squares as a cost; the formula and the shapes are in kernels/cpu/sum2.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(*, x: DeviceArray, counters: DeviceArray, metrics: DeviceArray) -> None:
    """Add loss and examples of this batch to the metrics."""
    kernel = function("sum2", "forward", **types(x.dtype), ROWS=len(x), SIZE=x.size // len(x))
    kernel((1,), (1024,), (x, counters, metrics))


def backward(
    *,
    x: DeviceArray,
    counters: DeviceArray,
    dx: DeviceArray,
    coefficient: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the loss, or add it to dx. Rows that are not valid have none."""
    kernel = function("sum2", "backward", **types(x.dtype), ROWS=len(x), SIZE=x.size // len(x))
    kernel(blocks(x.size), (BLOCK,), (x, counters, dx, coefficient, x.size, accumulate))
