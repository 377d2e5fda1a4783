"""Response normalisation across maps; the formula and the shapes are in kernels/cpu/cmrnorm.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types


def forward(
    *,
    x: DeviceArray,
    denominators: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
) -> None:
    """Write the responses y and the denominators."""
    macros = _macros(x, size=size, scale=scale, power=power, minimum=minimum, blocked=blocked)
    kernel = function("cmrnorm", "forward", **types(x.dtype), **macros)
    kernel(blocks(x.size), (BLOCK,), (x, denominators, y, x.size))


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
    blocked: bool,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    macros = _macros(x, size=size, scale=scale, power=power, minimum=minimum, blocked=blocked)
    kernel = function("cmrnorm", "backward", **types(x.dtype), **macros)
    kernel(blocks(x.size), (BLOCK,), (x, denominators, dy, dx, x.size, accumulate))


def _macros(
    x: DeviceArray, *, size: int, scale: float, power: float, minimum: float, blocked: bool
) -> dict[str, int | float]:
    return {
        "C": x.shape[3],
        "SIZE": size,
        "SHARE": scale / size,
        "POWER": float(power),
        "MINIMUM": float(minimum),
        "BLOCKED": int(blocked),
    }
