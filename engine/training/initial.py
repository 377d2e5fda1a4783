"""Starting weights, keyed by their canonical place, so that every device and split starts from the same."""

from __future__ import annotations

import math
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.layers.base import WeightSpec
from kernels.philox import Stream, normal, substream, uniform

_GROUP = 1 << 20
"""Numbers drawn at a time, so that large layers need no large memory."""


def initial_weights(
    spec: WeightSpec, number: int, seed: int, dtype: DTypeLike = np.float64
) -> NDArray[np.floating[Any]]:
    """Return the starting values of the network's array of weights number ``number``, in canonical order.

    Random numbers are keyed by (seed, number, index / 2²⁰), and drawn in float64 before they are rounded.
    """
    if spec.initial.distribution == "constant" or spec.initial.deviation == 0.0:
        return np.full(spec.shape, spec.initial.mean, dtype)
    draw = normal if spec.initial.distribution == "normal" else _unit_uniform
    values = np.empty(spec.size, dtype)

    def fill(group: int) -> None:
        part = values[group * _GROUP : (group + 1) * _GROUP]
        drawn = draw(len(part), seed=seed, stream=substream(Stream.WEIGHTS, number), position=group)
        drawn *= spec.initial.deviation
        drawn += spec.initial.mean
        part[:] = drawn

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        deque(threads.map(fill, range(-(-spec.size // _GROUP))), maxlen=0)
    return values.reshape(spec.shape)


def _unit_uniform(count: int, *, seed: int, stream: int, position: int) -> NDArray[np.float64]:
    """Return numbers of mean 0 and variance 1, uniform between −√3 and √3."""
    return (2.0 * uniform(count, seed=seed, stream=stream, position=position) - 1.0) * math.sqrt(3.0)
