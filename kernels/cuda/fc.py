"""Fully connected layers; the formula and the shapes are in kernels/cpu/fc.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address
from kernels.cuda._products import ends, tiling
from kernels.cuda.neuron import forward as act


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    biases: DeviceArray | None = None,
    neuron: str = "",
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the outputs y, or add to them; biases are added where there are some, then the neuron acts."""
    tiles = tiling(x.dtype, len(x), len(weights), tf32=tf32)
    macros = _macros(weights) | ends(biases, neuron=neuron)
    tiles.launch("fc", "forward", x.dtype, macros, (x, weights, address(biases), y, len(x), accumulate))
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *,
    dy: DeviceArray,
    weights: DeviceArray,
    dx: DeviceArray,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx, where the gate, if any, is above 0."""
    tiles = tiling(dx.dtype, len(dx), weights.shape[1], tf32=tf32)
    arguments = (dy, weights, dx, address(gate), len(dx), accumulate)
    tiles.launch("fc", "backward_data", dx.dtype, _macros(weights) | ends(gate=gate), arguments)


def backward_weights(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dweights: DeviceArray,
    dbiases: DeviceArray | None = None,
    accumulate: bool = False,
    tf32: bool = False,
) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights.

    That of the biases goes to dbiases, where they are given.
    """
    outputs, inputs = dweights.shape
    tiles = tiling(x.dtype, outputs, inputs + (dbiases is not None), tf32=tf32)
    arguments = (x, dy, dweights, address(dbiases), len(x), accumulate)
    tiles.launch("fc", "backward_weights", x.dtype, _macros(dweights) | ends(dbiases), arguments)


def _macros(weights: DeviceArray) -> dict[str, int]:
    outputs, inputs = weights.shape
    return {"INPUTS": inputs, "OUTPUTS": outputs}
