"""Fully connected layers; the formula and the shapes are in kernels/cpu/fc.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import blocks, function, types
from kernels.cuda._launch import address
from kernels.cuda._products import ends, tiling
from kernels.cuda.neuron import forward as act

_FEW = 16
"""Outputs of which a warp computes all."""

_LANES = 32
_NARROW = 64
"""Threads of a block: of small blocks there are enough for all multiprocessors."""


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    biases: DeviceArray | None = None,
    neuron: str = "",
    accumulate: bool = False,
) -> None:
    """Write the outputs y, or add to them; biases are added where there are some, then the neuron acts."""
    tiles = tiling(x.dtype, len(x), len(weights))
    macros = {**ends(biases, neuron=neuron), **tiles.macros}
    if len(weights) <= _FEW and not accumulate:
        kernel = function("fc", "forward_narrow", **types(x.dtype), **_macros(weights), **macros)
        kernel(blocks(len(x) * _LANES, _NARROW), (_NARROW,), (x, weights, address(biases), y, len(x)))
    else:
        kernel = function("fc", "forward", **types(x.dtype), **_macros(weights), **macros)
        tiles.launch(kernel, (x, weights, address(biases), y, len(x), accumulate))
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: DeviceArray,
    weights: DeviceArray,
    dx: DeviceArray,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx, where the gate, if any, is above 0."""
    tiles = tiling(dx.dtype, len(dx), weights.shape[1])
    macros = {**_macros(weights), **ends(gate=gate), **tiles.macros}
    kernel = function("fc", "backward_data", **types(dx.dtype), **macros)
    tiles.launch(kernel, (dy, weights, dx, address(gate), len(dx), accumulate))


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    dbiases: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights.

    That of the biases goes to dbiases, where they are given.
    """
    outputs, inputs = dweights.shape
    tiles = tiling(x.dtype, outputs, inputs + (dbiases is not None))
    macros = {**_macros(dweights), **ends(dbiases), **tiles.macros}
    kernel = function("fc", "backward_weights", **types(x.dtype), **macros)
    tiles.launch(kernel, (x, dy, dweights, address(dbiases), len(x), accumulate))


def update(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    weights: DeviceArray,
    velocity: DeviceArray,
    counters: DeviceArray,
    settings: DeviceArray,
    slot: int,
    copy: DeviceArray | None = None,
    dbiases: DeviceArray | None = None,
) -> None:
    """Do ``backward_weights`` and then sgd.update, without storing the gradient of the weights."""
    outputs, inputs = weights.shape
    tiles = tiling(x.dtype, outputs, inputs + (dbiases is not None))
    macros = {**_macros(weights), **ends(dbiases), **tiles.macros}
    kernel = function("fc", "learn", **types(x.dtype), **macros)
    arrays = (x, dy, weights, velocity, address(copy), address(dbiases), counters, settings[slot])
    tiles.launch(kernel, (*arrays, len(x)))


def _macros(weights: DeviceArray) -> dict[str, int]:
    outputs, inputs = weights.shape
    return {"INPUTS": inputs, "OUTPUTS": outputs}
