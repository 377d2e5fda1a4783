"""Dropout; the formula, the shapes and the address of each unit's bits are in kernels/cpu/dropout.py."""

from __future__ import annotations

from kernels.arrays import Pair
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address

IN_PLACE = {"forward": ("x", "y"), "backward": ("dy", "dx")}

_UNITS_OF_BLOCK = 8


def forward(
    *,
    x: DeviceArray,
    counters: DeviceArray,
    mask: DeviceArray,
    y: DeviceArray,
    keep: float,
    stream: int,
    scaled: bool = True,
    channels: Pair | None = None,
) -> None:
    """Draw the mask and write the outputs y. Rows begin at position ``counters[OFFSET]``.

    ``channels`` are the place of the first channel, or unit, among all that are shared out, and their number.
    """
    maps = x.shape[-1]
    first, width = channels or (0, maps)
    units = x.size // len(x) // maps * width
    macros = {"FIRST": first, "WIDTH": width, "MAPS": maps, "UNITS": units, "LIMIT": round(keep * 65536)}
    kernel = function("dropout", "forward", **types(x.dtype), **macros, SCALE=_scale(keep, scaled))
    threads = len(x) * -(-units // _UNITS_OF_BLOCK)
    kernel(blocks(threads), (BLOCK,), (x, counters, mask, y, len(x), int(stream)))


def backward(
    *,
    mask: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    keep: float,
    scaled: bool = True,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx, where the gate, if any, is above 0."""
    macros = {"FIRST": 0, "WIDTH": 1, "MAPS": 1, "UNITS": 1, "LIMIT": 0}  # of no meaning here
    kernel = function("dropout", "backward", **types(dx.dtype), **macros, SCALE=_scale(keep, scaled))
    kernel(blocks(dx.size), (BLOCK,), (mask, dy, dx, address(gate), dx.size, accumulate))


def _scale(keep: float, scaled: bool) -> float:
    return 1 / keep if scaled else 1.0
