"""Mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType, expect_picture


@dataclass(frozen=True, kw_only=True)
class Mirror(Layer):
    """The picture's mirror image, always; mirroring at random belongs to the data settings."""

    kind = "mirror"
    family = "data"
    title = "Mirror"
    summary = "Turns the picture around, left to right."
    formula = "y[p, q] = x[p, width − 1 − q]"
    source = "cuda-convnet2, layer type href"
    synonyms = ("flip", "reflect", "horizontal")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_picture(inputs)
        return inputs[0]
