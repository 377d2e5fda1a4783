"""Convolution; the formula and the shapes are in kernels/cpu/conv.py."""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cuda import _products
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address, pair_macros, picture_macros
from kernels.cuda.neuron import forward as act


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    stride: Pair,
    padding: Pair,
    biases: DeviceArray | None = None,
    groups: int = 1,
    dilation: Pair = (1, 1),
    neuron: str = "",
    accumulate: bool = False,
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    macros = _macros(
        x.shape, weights.shape, y.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    macros |= {"BIASES": 0 if biases is None else biases.size, "RELU": int(neuron == "relu"), "SHARES": 1}
    kernel = function("conv", "forward", **types(x.dtype), **macros)
    places = y.size // y.shape[3]
    arguments = (x, weights, address(biases), y, places, accumulate)
    _products.launch(kernel, places, y.shape[3] // groups, groups, arguments)
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: DeviceArray,
    weights: DeviceArray,
    dx: DeviceArray,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx."""
    macros = _macros(
        dx.shape, weights.shape, dy.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    macros |= {"BIASES": 0, "RELU": 0, "SHARES": 1}
    kernel = function("conv", "backward_data", **types(dx.dtype), **macros)
    pixels = dx.size // dx.shape[3]
    _products.launch(kernel, pixels, dx.shape[3] // groups, groups, (dy, weights, dx, pixels, accumulate))


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    shares: DeviceArray,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures and places, or add it to dweights."""
    macros = _macros(
        x.shape, dweights.shape, dy.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    macros |= {"BIASES": 0, "RELU": 0, "SHARES": len(shares)}
    kernel = function("conv", "backward_weights", **types(x.dtype), **macros)
    maps, taps = len(dweights) // groups, dweights.size // len(dweights)
    places = dy.size // dy.shape[3]
    _products.launch(kernel, maps, taps, groups * len(shares), (x, dy, shares, places))
    summed = function("conv", "sum_shares", **types(x.dtype), **macros)
    summed(blocks(dweights.size), (BLOCK,), (shares, dweights, dweights.size, accumulate))


def backward_weights_workspace(shapes: dict[str, Shape], *, groups: int = 1, **_: object) -> dict[str, Shape]:
    """Return the shape of ``shares``: gradients of the filters, each summed over some of the places."""
    images, rows, columns, maps = shapes["dy"]
    filters, height, width, channels = shapes["dweights"]
    taps = height * width * channels
    count = _products.shares(maps // groups, taps, images * rows * columns, groups)
    return {"shares": (count, filters, height, width, channels)}


def _macros(
    pictures: Shape,
    weights: Shape,
    maps: Shape,
    *,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> dict[str, int]:
    return {
        **picture_macros(pictures),
        "P": maps[1],
        "Q": maps[2],
        "F": maps[3],
        **pair_macros("SIZE", (weights[1], weights[2])),
        **pair_macros("STRIDE", stride),
        **pair_macros("PADDING", padding),
        **pair_macros("DILATION", dilation),
        "GROUPS": groups,
    }
