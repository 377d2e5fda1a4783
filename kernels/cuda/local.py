"""Local layers; the formula and the shapes are in kernels/cpu/local.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types
from kernels.cuda._launch import address, pair_macros, picture_macros
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
) -> None:
    """Write the maps y, or add to them; biases are added where there are some, then the neuron acts."""
    macros = _macros(x, y, size=size, stride=stride, padding=padding, groups=groups)
    images, rows, columns, maps = y.shape
    tiles = tiling(x.dtype, images, maps // groups, products=rows * columns * groups)
    macros |= {**ends(biases, neuron=neuron), **tiles.macros}
    kernel = function("local", "forward", **types(x.dtype), **macros)
    tiles.launch(kernel, (x, weights, address(biases), y, images, accumulate))
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
) -> None:
    """Write the gradient of the pictures, or add it to dx, where the gate, if any, is above 0."""
    macros = _macros(dx, dy, size=size, stride=stride, padding=padding, groups=groups)
    images, height, width, channels = dx.shape
    tiles = tiling(dx.dtype, images, channels // groups, products=height * width * groups)
    kernel = function(
        "local", "backward_data", **types(dx.dtype), **macros, **ends(gate=gate), **tiles.macros
    )
    tiles.launch(kernel, (dy, weights, dx, address(gate), images, accumulate))


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
) -> None:
    """Write the gradient of the filters, summed over pictures, or add it to dweights.

    That of the biases goes to dbiases, where they are given.
    """
    macros = _macros(x, dy, size=size, stride=stride, padding=padding, groups=groups)
    places, taps, maps = dweights.shape
    tiles = tiling(x.dtype, taps + (dbiases is not None), maps // groups, products=places * groups)
    kernel = function(
        "local", "backward_weights", **types(x.dtype), **macros, **ends(dbiases), **tiles.macros
    )
    tiles.launch(kernel, (x, dy, dweights, address(dbiases), len(x), accumulate))


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
    }
