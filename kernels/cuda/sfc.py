"""Split fully connected; the formula and the shapes are in kernels/cpu/sfc.py."""

from __future__ import annotations

from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import function, types

_SIDE = 16
"""Values along the sides of the tile that a block makes."""


def forward(
    *,
    x: DeviceArray,
    weights: DeviceArray,
    y: DeviceArray,
    parts: int,
    biases: DeviceArray | None = None,
    accumulate: bool = False,
) -> None:
    """Write the outputs y, or add to them; biases are added where there are some."""
    outputs = len(weights) // parts
    _launch(
        "forward", x, weights, parts, tiled=(len(x), outputs), arguments=(x, weights, biases, y, accumulate)
    )


def backward_data(
    *, dy: DeviceArray, weights: DeviceArray, dx: DeviceArray, parts: int, accumulate: bool = False
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    tiled = (len(dx), weights.shape[1])
    _launch("backward_data", dx, weights, parts, tiled=tiled, arguments=(dy, weights, dx, accumulate))


def backward_weights(
    *, x: DeviceArray, dy: DeviceArray, dweights: DeviceArray, parts: int, accumulate: bool = False
) -> None:
    """Write the gradient of the weights, summed over the batch, or add it to dweights."""
    tiled = (len(dweights) // parts, dweights.shape[1])
    _launch("backward_weights", x, dweights, parts, tiled=tiled, arguments=(x, dy, dweights, accumulate))


def _launch(
    name: str,
    x: DeviceArray,
    weights: DeviceArray,
    parts: int,
    *,
    tiled: tuple[int, int],
    arguments: tuple[Any, ...],
) -> None:
    """Launch a kernel on all tiles of a product of ``tiled`` values for each part."""
    outputs, inputs = weights.shape
    geometry = {"ROWS": len(x), "PARTS": parts, "OUTPUTS": outputs // parts, "I": inputs}
    kernel = function("sfc", name, **types(x.dtype), **geometry)
    rows, columns = (-(-extent // _SIDE) for extent in tiled)
    kernel((columns, rows, parts), (_SIDE, _SIDE), arguments)
