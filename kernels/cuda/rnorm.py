"""Response normalisation within each map; the formula and the shapes are in kernels/cpu/rnorm.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import pack, picture_macros


def forward(
    *,
    x: DeviceArray,
    denominators: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
) -> None:
    """Write the responses y and the denominators."""
    macros = _macros(x, size, scale, power, minimum)
    groups = x.size // pack(x, x.shape[3])
    kernel = function("rnorm", "forward", **types(x.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (x, denominators, y, groups))


def backward(
    *,
    x: DeviceArray,
    denominators: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    macros = _macros(x, size, scale, power, minimum)
    groups = x.size // pack(x, x.shape[3])
    kernel = function("rnorm", "backward", **types(x.dtype), **macros)
    kernel(blocks(groups), (BLOCK,), (x, denominators, dy, dx, groups, accumulate))


def _macros(x: DeviceArray, size: int, scale: float, power: float, minimum: float) -> dict[str, int | float]:
    return {
        **picture_macros(x.shape),
        "V": pack(x, x.shape[3]),
        "SIZE": size,
        "SHARE": scale / size**2,
        "POWER": float(power),
        "MINIMUM": float(minimum),
    }
