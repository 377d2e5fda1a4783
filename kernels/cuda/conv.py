"""Convolution; the formula and the shapes are in kernels/cpu/conv.py."""

from __future__ import annotations

from math import prod
from typing import Any

from kernels.arrays import Pair, Shape
from kernels.cuda import _products, _shares, _strided_conv
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address, filter_macros, pair_macros
from kernels.cuda._products import ends, tiling
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
    tf32: bool = False,
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    shapes = x.shape, weights.shape, y.shape
    has_own = biases is not None and len(biases.shape) > 1  # biases for each place
    if _is_strided(x, shapes, how) and not accumulate and not has_own:
        arrays = {"x": x, "weights": weights, "y": y}
        _strided_conv.forward(**arrays, biases=biases, stride=stride, padding=padding, neuron=neuron)
    else:
        places = y.size // y.shape[3]
        tiles = tiling(x.dtype, places, y.shape[3] // groups, products=groups, tf32=tf32)
        macros = _macros(*shapes, **how) | ends(biases, neuron=neuron)
        tiles.launch("conv", "forward", x.dtype, macros, (x, weights, address(biases), y, places, accumulate))
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
    tf32: bool = False,
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    macros = _macros(
        dx.shape, weights.shape, dy.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    pixels = dx.size // dx.shape[3]
    tiles = tiling(dx.dtype, pixels, dx.shape[3] // groups, products=groups, tf32=tf32)
    arguments = (dy, weights, dx, address(gate), pixels, accumulate)
    tiles.launch("conv", "backward_data", dx.dtype, macros | ends(gate=gate), arguments)


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
    tf32: bool = False,
) -> None:
    """Write the gradient of the filters, summed over pictures and places, or add it to dweights.

    That of shared biases goes to dbiases, where they are given.
    """
    how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    shapes = x.shape, dweights.shape, dy.shape
    if _is_strided(x, shapes, how):
        arrays = {"x": x, "dy": dy, "dweights": dweights, "shares": shares}
        has_biases = dbiases is not None
        _strided_conv.backward_weights(**arrays, has_biases=has_biases, stride=stride, padding=padding)
    else:
        maps, taps = len(dweights) // groups, dweights.size // len(dweights)
        columns = taps + (dbiases is not None)
        tiles = tiling(x.dtype, maps, columns, products=groups, shares=len(shares), tf32=tf32)
        macros = {**_macros(*shapes, **how), **ends(dbiases), "PITCH": shares.shape[1]}
        tiles.launch("conv", "backward_weights", x.dtype, macros, (x, dy, shares, dy.size // dy.shape[3]))
    _shares.sum_up(shares=shares, dweights=dweights, dbiases=dbiases, accumulate=accumulate)


def backward_weights_workspace(
    shapes: dict[str, Shape],
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    **_: object,
) -> dict[str, Shape]:
    """Return the shape of ``shares``: gradients, each summed over some of the places; it fits all types."""
    pictures, filters, maps = shapes["x"], shapes["dweights"], shapes["dy"]
    biases = shapes.get("dbiases", ())
    how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if _strided_conv.fits(pictures, filters, maps, **how):
        return {"shares": _strided_conv.shares(pictures, filters, maps, biases, stride)}
    columns = prod(filters[1:]) + bool(biases)
    count = _products.shares(filters[0] // groups, columns, prod(maps[:3]), groups)
    return {"shares": _shares.shape(count, filters, biases)}


def _is_strided(x: DeviceArray, shapes: tuple[Shape, Shape, Shape], how: dict[str, Any]) -> bool:
    """Whether a kernel for few channels and a stride is to be used."""
    return str(x.dtype) == "bfloat16" and _strided_conv.fits(*shapes, **how)


def _macros(pictures: Shape, weights: Shape, maps: Shape, *, dilation: Pair, **how: Any) -> dict[str, int]:
    size = weights[1], weights[2]
    further = {**pair_macros("DILATION", dilation), "PITCH": 0}
    return filter_macros(pictures, maps, size=size, **how) | further
