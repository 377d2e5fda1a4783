"""Response normalisation across maps; the formula and the shapes are in kernels/cpu/cmrnorm.py."""

from __future__ import annotations

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import address, pack


def forward(
    *,
    x: DeviceArray,
    y: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
    denominators: DeviceArray | None = None,
) -> None:
    """Write the responses y, and the denominators where they are asked for."""
    macros = _macros(x, size=size, scale=scale, power=power, minimum=minimum, blocked=blocked)
    kernel = function("cmrnorm", "forward", **types(x.dtype), **macros)
    groups = x.size // pack(x, x.shape[3])
    kernel(blocks(groups), (BLOCK,), (x, address(denominators), y, groups))


def backward(
    *,
    x: DeviceArray,
    dy: DeviceArray,
    dx: DeviceArray,
    size: int,
    scale: float,
    power: float,
    minimum: float,
    blocked: bool,
    denominators: DeviceArray | None = None,
    gate: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx, where the gate, if any, is above 0."""
    macros = _macros(x, size=size, scale=scale, power=power, minimum=minimum, blocked=blocked)
    kernel = function("cmrnorm", "backward", **types(x.dtype), **macros)
    groups = x.size // pack(x, x.shape[3])
    kernel(blocks(groups), (BLOCK,), (x, dy, dx, address(gate), groups, accumulate))


def _macros(
    x: DeviceArray, *, size: int, scale: float, power: float, minimum: float, blocked: bool
) -> dict[str, int | float]:
    return {
        "C": x.shape[3],
        "V": pack(x, x.shape[3]),
        "SIZE": size,
        "SHARE": scale / size,
        "POWER": float(power),
        "MINIMUM": float(minimum),
        "BLOCKED": int(blocked),
    }
