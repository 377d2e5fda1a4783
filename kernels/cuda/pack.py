"""Pictures and filters of a convolution with strides, packed for stride 1; the formula is in pack.cu."""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, blocks, function, types
from kernels.cuda._launch import pair_macros, picture_macros


def pictures(*, x: DeviceArray, y: DeviceArray, stride: Pair, padding: Pair) -> None:
    """Write the packed pictures y."""
    _pack(x, y, stride, padding)


def filters(*, x: DeviceArray, y: DeviceArray, stride: Pair) -> None:
    """Write the packed filters y."""
    _pack(x, y, stride, (0, 0))


def filters_gradient(
    *, dpacked: DeviceArray, dweights: DeviceArray, stride: Pair, accumulate: bool = False
) -> None:
    """Write the gradient of filters from that of packed ones, or add it to dweights."""
    macros = _macros(dweights.shape, dpacked.shape, stride, (0, 0))
    kernel = function("pack", "unpack", **types(dweights.dtype), **macros)
    kernel(blocks(dweights.size), (BLOCK,), (dpacked, dweights, dweights.size, accumulate))


def _pack(x: DeviceArray, y: DeviceArray, stride: Pair, padding: Pair) -> None:
    kernel = function("pack", "pack", **types(x.dtype), **_macros(x.shape, y.shape, stride, padding))
    runs = y.nbytes // 16 if y.dtype.itemsize == 2 else y.size // 4
    kernel(blocks(runs), (BLOCK,), (x, y, runs))


def _macros(pictures: Shape, packed: Shape, stride: Pair, padding: Pair) -> dict[str, int]:
    _, rows, columns, channels = packed
    sizes = {"P": rows, "Q": columns, "D": channels}
    return {
        **picture_macros(pictures),
        **sizes,
        **pair_macros("S", stride),
        **pair_macros("PADDING", padding),
    }
