"""Convolution; the formula and the shapes are in kernels/cpu/conv.py."""

from __future__ import annotations

from math import prod

from kernels.arrays import Pair, Shape
from kernels.cuda import _products
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address, pair_macros, picture_macros
from kernels.cuda._products import ends, tiling
from kernels.cuda.neuron import forward as act

_ALIGNED = 8
"""Elements that are stored at once."""


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
    places = y.size // y.shape[3]
    tiles = tiling(x.dtype, places, y.shape[3] // groups, products=groups)
    macros |= {**ends(biases, neuron=neuron), **tiles.macros, "PITCH": 0}
    kernel = function("conv", "forward", **types(x.dtype), **macros)
    tiles.launch(kernel, (x, weights, address(biases), y, places, accumulate))
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: DeviceArray,
    weights: DeviceArray,
    dx: DeviceArray,
    stride: Pair,
    padding: Pair,
    gate: DeviceArray | None = None,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    macros = _macros(
        dx.shape, weights.shape, dy.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    pixels = dx.size // dx.shape[3]
    tiles = tiling(dx.dtype, pixels, dx.shape[3] // groups, products=groups)
    kernel = function(
        "conv", "backward_data", **types(dx.dtype), **macros, **ends(gate=gate), **tiles.macros, PITCH=0
    )
    tiles.launch(kernel, (dy, weights, dx, address(gate), pixels, accumulate))


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    shares: DeviceArray,
    stride: Pair,
    padding: Pair,
    dbiases: DeviceArray | None = None,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures and places, or add it to dweights.

    That of shared biases goes to dbiases, where they are given.
    """
    macros = _macros(
        x.shape, dweights.shape, dy.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    maps, taps = len(dweights) // groups, dweights.size // len(dweights)
    tiles = tiling(x.dtype, maps, taps + (dbiases is not None), products=groups, shares=len(shares))
    macros |= {**ends(dbiases), **tiles.macros, "PITCH": shares.shape[1]}
    kernel = function("conv", "backward_weights", **types(x.dtype), **macros)
    tiles.launch(kernel, (x, dy, shares, dy.size // dy.shape[3]))
    summed = function("conv", "sum_shares", **types(x.dtype), **macros)
    size = dweights.size + macros["BIASES"]
    summed(blocks(size), (BLOCK,), (shares, dweights, address(dbiases), size, accumulate))


def backward_weights_workspace(shapes: dict[str, Shape], *, groups: int = 1, **_: object) -> dict[str, Shape]:
    """Return the shape of ``shares``: gradients, each summed over some of the places."""
    filters, biases = shapes["dweights"], prod(shapes.get("dbiases", (0,)))
    columns = prod(filters[1:]) + (biases > 0)
    count = _products.shares(filters[0] // groups, columns, prod(shapes["dy"][:3]), groups)
    return {"shares": (count, -(-(prod(filters) + biases) // _ALIGNED) * _ALIGNED)}


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
