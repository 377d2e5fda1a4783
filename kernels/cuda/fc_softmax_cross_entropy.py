"""A fully connected layer of few outputs, softmax, cross entropy and their gradients; see its .cu file."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types
from kernels.cuda._launch import address

_BYTES = 2
"""Of bfloat16, of which a thread has 8; it has 4 of other numbers."""

_WARP = 32


def forward_backward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    labels: DeviceArray,
    counters: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    terms: DeviceArray,
    coefficient: float,
    biases: DeviceArray | None = None,
    gated: bool = False,
    top: int = 1,
) -> None:
    """Write the gradients of the outputs and of the inputs, and what each row has for the metrics.

    ``gated``: x is the output of a ReLU, through which dx goes on.
    """
    outputs, inputs = weights.shape
    macros = {"INPUTS": inputs, "K": outputs, "TOP": top, "GATED": int(gated)}
    kernel = function("fc_softmax_cross_entropy", "forward_backward", **types(x.dtype), **macros)
    run = 8 if x.dtype.itemsize == _BYTES else 4
    threads = -(-inputs // (run * _WARP)) * _WARP
    arrays = (x, weights, address(biases), labels, counters, dy, dx, terms)
    kernel((len(x),), (threads,), (*arrays, len(x), float(coefficient)))
