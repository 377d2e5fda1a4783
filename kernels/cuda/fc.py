"""Fully connected layers; the formula and the shapes are in kernels/cpu/fc.py."""

from __future__ import annotations

from kernels.cuda import _products
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types
from kernels.cuda._launch import address
from kernels.cuda.neuron import forward as act


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
    outputs = len(weights)
    macros = {"BIASES": int(biases is not None), "RELU": int(neuron == "relu")}
    kernel = function("fc", "forward", **types(x.dtype), **_macros(weights), **macros)
    arguments = (x, weights, address(biases), y, len(x), accumulate)
    _products.launch(kernel, len(x), outputs, 1, arguments)
    if neuron not in ("", "relu"):
        act(x=y, y=y, neuron=neuron)


def backward_data(
    *, dy: DeviceArray, weights: DeviceArray, dx: DeviceArray, accumulate: bool = False
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    kernel = function("fc", "backward_data", **types(dx.dtype), **_macros(weights), BIASES=0, RELU=0)
    _products.launch(kernel, len(dx), weights.shape[1], 1, (dy, weights, dx, len(dx), accumulate))


def backward_weights(
    *, x: DeviceArray, dy: DeviceArray, dweights: DeviceArray, accumulate: bool = False
) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights."""
    kernel = function("fc", "backward_weights", **types(x.dtype), **_macros(dweights), BIASES=0, RELU=0)
    outputs, inputs = dweights.shape
    _products.launch(kernel, outputs, inputs, 1, (x, dy, dweights, len(x), accumulate))


def _macros(weights: DeviceArray) -> dict[str, int]:
    outputs, inputs = weights.shape
    return {"INPUTS": inputs, "OUTPUTS": outputs, "SHARES": 1}
