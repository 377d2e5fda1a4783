"""Gradients of a convolution whose maps go through a ReLU and max pooling, in one.

It is max_pool.backward, neuron.backward of a ReLU, conv.backward_weights and bias.backward, one after the
other. The gradient of the maps is no more than scratch: for a first layer, nothing else asks for it, and it
is the largest array of the network.

x           (N, H, W, C)        pictures
y           (N, P, Q, F)        maps after the ReLU
z, dz       (N, P', Q', F)      pooled maps, gradient of pooled maps
dweights    (F, h, w, C)        gradient of the filters
dbiases     (F,)                gradient of the biases
dy          (N, P, Q, F)        scratch: gradient of the maps; further scratch arrays are those of conv
"""

from __future__ import annotations

from kernels.arrays import Floats, Pair, Shape
from kernels.cpu import bias, conv, max_pool, neuron


def backward_weights(
    *,
    x: Floats,
    y: Floats,
    z: Floats,
    dz: Floats,
    dweights: Floats,
    dbiases: Floats,
    dy: Floats,
    padded: Floats,
    columns: Floats,
    stride: Pair,
    padding: Pair,
    pool_size: Pair,
    pool_stride: Pair,
    pool_start: Pair,
) -> None:
    """Write the gradients of the filters and of the biases."""
    max_pool.backward(x=y, y=z, dy=dz, dx=dy, size=pool_size, stride=pool_stride, start=pool_start)
    neuron.backward(y=y, dy=dy, dx=dy, neuron="relu")
    conv.backward_weights(
        x=x, dy=dy, dweights=dweights, stride=stride, padding=padding, padded=padded, columns=columns
    )
    bias.backward(dy=dy, dbiases=dbiases)


def backward_weights_workspace(
    shapes: dict[str, Shape], *, stride: Pair, padding: Pair, **_: object
) -> dict[str, Shape]:
    """Return the shapes of ``dy``, ``padded`` and ``columns``."""
    own = {"x": shapes["x"], "dy": shapes["y"], "dweights": shapes["dweights"]}
    return {"dy": shapes["y"], **conv.backward_weights_workspace(own, stride=stride, padding=padding)}
