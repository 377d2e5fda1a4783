"""Bed of nails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType, expect_picture, format_pair
from engine.layers.fields import pair


@dataclass(frozen=True, kw_only=True)
class Nailbed(Layer):
    """One pixel of each square of stride × stride, from the middle of what is left over."""

    kind = "nailbed"
    family = "pooling"
    title = "Bed of nails"
    summary = "Keeps every n-th pixel and drops the others."
    formula = "y[p, q] = x[start + p·s, start + q·s], start = ⌊(extent − s · (⌈extent/s⌉ − 1)) / 2⌋"
    source = "cuda-convnet, layer type nailbed"
    synonyms = ("subsampling", "stride", "decimation")

    stride: tuple[int, int] = pair(
        (2, 2), title="Stride", help="Distance of the pixels that are kept.", unit="px"
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        return TensorType((-(-height // self.stride[0]), -(-width // self.stride[1]), channels))

    def start(self, inputs: Sequence[TensorType]) -> tuple[int, int]:
        """Return the row and the column of the first pixel that is kept."""
        height, width, _ = expect_picture(inputs)
        rows, columns, _ = self.output(inputs).shape
        return (height - self.stride[0] * (rows - 1)) // 2, (width - self.stride[1] * (columns - 1)) // 2

    def caption(self) -> str:
        return f"stride {format_pair(self.stride)}"
