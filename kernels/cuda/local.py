"""Local layers; the formula and the shapes are in kernels/cpu/local.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address, filter_macros
from kernels.cuda._products import ends, tiling
from kernels.cuda.neuron import forward as act


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    biases: DeviceArray | None = None,
    groups: int = 1,
    neuron: str = "",
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    macros = filter_macros(x.shape, y.shape, size=size, stride=stride, padding=padding, groups=groups)
    images, rows, columns, maps = y.shape
    tiles = tiling(x.dtype, images, maps // groups, products=rows * columns * groups, tf32=tf32)
    macros |= ends(biases, neuron=neuron)
    tiles.launch("local", "forward", x.dtype, macros, (x, weights, address(biases), y, images, accumulate))
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: DeviceArray,
    weights: DeviceArray,
    dx: DeviceArray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    gate: DeviceArray | None = None,
    groups: int = 1,
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    macros = filter_macros(dx.shape, dy.shape, size=size, stride=stride, padding=padding, groups=groups)
    images, height, width, channels = dx.shape
    tiles = tiling(dx.dtype, images, channels // groups, products=height * width * groups, tf32=tf32)
    arguments = (dy, weights, dx, address(gate), images, accumulate)
    tiles.launch("local", "backward_data", dx.dtype, macros | ends(gate=gate), arguments)


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    dbiases: DeviceArray | None = None,
    groups: int = 1,
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures, or add it to dweights.

    That of the biases goes to dbiases, where they are given.
    """
    macros = filter_macros(x.shape, dy.shape, size=size, stride=stride, padding=padding, groups=groups)
    places, taps, maps = dweights.shape
    tiles = tiling(x.dtype, taps + (dbiases is not None), maps // groups, products=places * groups, tf32=tf32)
    arguments = (x, dy, dweights, address(dbiases), len(x), accumulate)
    tiles.launch("local", "backward_weights", x.dtype, macros | ends(dbiases), arguments)
