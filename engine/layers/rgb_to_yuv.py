"""Colours as YUV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType, expect_picture


@dataclass(frozen=True, kw_only=True)
class RgbToYuv(Layer):
    """Red, green and blue as brightness and two differences of colour. It hands no gradient back."""

    kind = "rgb_to_yuv"
    family = "data"
    title = "RGB to YUV"
    summary = "Turns colours into brightness and two differences."
    formula = (
        "Y = 0.2126·R + 0.7152·G + 0.0722·B,  U = −0.09991·R − 0.33609·G + 0.436·B,  "
        "V = 0.615·R − 0.55861·G − 0.05639·B"
    )
    source = "cuda-convnet, layer type rgb2yuv"
    synonyms = ("colour", "rgb2yuv", "luminance")
    inputs = (Port("input", "Input", gradient=False),)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        if expect_picture(inputs)[2] != 3:
            raise ShapeRuleError(0, "3 channels: red, green and blue", "Use it right after the data.")
        return inputs[0]

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return 3 * inputs[0].size
