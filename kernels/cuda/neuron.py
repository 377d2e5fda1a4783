"""Neurons: functions that act on each value alone; the formulas are in kernels/cpu/neuron.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import pack

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx"), "backward_from_input": ("dy", "dx")}


def forward(*, x: DeviceArray, y: DeviceArray, neuron: str, a: float = 1.0, b: float = 1.0) -> None:
    """Write the outputs y."""
    width = pack(x, x.size)
    kernel = function("neuron", "forward", **types(x.dtype), V=width, NEURON=neuron)
    groups = x.size // width
    kernel(blocks(groups), (BLOCK,), (x, y, groups, float(a), float(b)))


def backward(
    *,
    y: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    neuron: str,
    a: float = 1.0,
    b: float = 1.0,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    _backward("slopes", y, dy, dx, neuron=neuron, a=a, b=b, accumulate=accumulate)


def backward_from_input(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    neuron: str,
    a: float = 1.0,
    b: float = 1.0,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    _backward("slopes_from_input", x, dy, dx, neuron=neuron, a=a, b=b, accumulate=accumulate)


def _backward(
    slopes: str,
    values: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    *,
    neuron: str,
    a: float,
    b: float,
    accumulate: bool,
) -> None:
    width = pack(dx, dx.size)
    kernel = function("neuron", "backward", **types(dx.dtype), V=width, NEURON=neuron, SLOPES=slopes)
    groups = dx.size // width
    kernel(blocks(groups), (BLOCK,), (values, dy, dx, groups, float(a), float(b), accumulate))
