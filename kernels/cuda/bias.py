"""Gradient of biases; the formula and the shapes are in kernels/cpu/bias.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types


def backward(*, dy: DeviceArray, dbiases: DeviceArray, accumulate: bool = False) -> None:
    """Write the gradient of the biases, or add it to dbiases."""
    outputs = dbiases.size
    kernel = function("bias", "backward", **types(dy.dtype), ROWS=dy.size // outputs, OUTPUTS=outputs)
    kernel((-(-outputs // 32),), (256,), (dy, dbiases, accumulate))
