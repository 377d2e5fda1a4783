"""Local layers; the formula and the shapes are in kernels/cpu/local.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda import _products
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types
from kernels.cuda._launch import address, pair_macros, picture_macros
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
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    macros = _macros(x, y, size=size, stride=stride, padding=padding, groups=groups)
    macros |= {"BIASES": int(biases is not None), "RELU": int(neuron == "relu")}
    kernel = function("local", "forward", **types(x.dtype), **macros)
    images, rows, columns, maps = y.shape
    arguments = (x, weights, address(biases), y, images, accumulate)
    _products.launch(kernel, images, maps // groups, rows * columns * groups, arguments)
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
    groups: int = 1,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    macros = {
        **_macros(dx, dy, size=size, stride=stride, padding=padding, groups=groups),
        "BIASES": 0,
        "RELU": 0,
    }
    kernel = function("local", "backward_data", **types(dx.dtype), **macros)
    images, height, width, channels = dx.shape
    arguments = (dy, weights, dx, images, accumulate)
    _products.launch(kernel, images, channels // groups, height * width * groups, arguments)


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures, or add it to dweights."""
    macros = {
        **_macros(x, dy, size=size, stride=stride, padding=padding, groups=groups),
        "BIASES": 0,
        "RELU": 0,
    }
    kernel = function("local", "backward_weights", **types(x.dtype), **macros)
    places, taps, maps = dweights.shape
    arguments = (x, dy, dweights, len(x), accumulate)
    _products.launch(kernel, taps, maps // groups, places * groups, arguments)


def _macros(
    pictures: DeviceArray, maps: DeviceArray, *, size: Pair, stride: Pair, padding: Pair, groups: int
) -> dict[str, int]:
    return {
        **picture_macros(pictures.shape),
        "P": maps.shape[1],
        "Q": maps.shape[2],
        "F": maps.shape[3],
        **pair_macros("SIZE", size),
        **pair_macros("STRIDE", stride),
        **pair_macros("PADDING", padding),
        "GROUPS": groups,
        "SHARES": 1,
    }
