"""Local: the filters' gradient and their update at once; what it does, kernels/cpu/local_sgd.py says."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._launch import address, filter_macros
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
    size: Pair,
    stride: Pair,
    padding: Pair,
    copy: DeviceArray | None = None,
    dbiases: DeviceArray | None = None,
    groups: int = 1,
    tf32: bool = False,
) -> None:
    """Update weights, velocity and the weights' copy by row ``slot`` of the settings.

    The gradient of the biases goes to dbiases, where they are given and weights may be updated.
    """
    macros = filter_macros(x.shape, dy.shape, size=size, stride=stride, padding=padding, groups=groups)
    places, taps, maps = weights.shape
    rows, products = taps + (dbiases is not None), places * groups
    tiles = tiling(x.dtype, rows, maps // groups, products=products, most_sums=LEARNED, tf32=tf32)
    arrays = (x, dy, weights, velocity, address(copy), address(dbiases), counters, settings[slot])
    tiles.launch("local", "learn", x.dtype, macros | ends(dbiases), (*arrays, len(x)))
