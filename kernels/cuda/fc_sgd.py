"""Fully connected: the weights' gradient and update at once; what it does, kernels/cpu/fc_sgd.py says."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address
from kernels.cuda._products import LEARNED, ends, tiling


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
    tf32: bool = False,
) -> None:
    """Update weights, velocity and the weights' copy by row ``slot`` of the settings.

    The gradient of the biases goes to dbiases, where they are given and weights may be updated.
    """
    outputs, inputs = weights.shape
    tiles = tiling(x.dtype, outputs, inputs + (dbiases is not None), most_sums=LEARNED, tf32=tf32)
    macros = {"INPUTS": inputs, "OUTPUTS": outputs, **ends(dbiases)}
    arrays = (x, dy, weights, velocity, address(copy), address(dbiases), counters, settings[slot])
    tiles.launch("fc", "learn", x.dtype, macros, (*arrays, len(x)))
