"""Looks for numbers that are not finite, now and then between two steps. This is no operation of a plan."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def mark(*, x: DeviceArray, counters: DeviceArray) -> None:
    """Set the first bad step to this one where x holds NaN or infinity, unless an earlier one is there."""
    function("_finite", "mark", **types(x.dtype))(blocks(x.size), (BLOCK,), (x, counters, x.size))
