"""Colours as L*a*b*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType, expect_picture
from engine.layers.fields import flag


@dataclass(frozen=True, kw_only=True)
class RgbToLab(Layer):
    """Red, green and blue from 0 to 1 as CIE L*a*b*. It hands no gradient back."""

    kind = "rgb_to_lab"
    family = "data"
    title = "RGB to L*a*b*"
    summary = "Turns colours from 0 to 1 into ones whose distances are as people see them."
    formula = (
        "X = 0.49·R + 0.31·G + 0.2·B,  Y = 0.17697·R + 0.8124·G + 0.01063·B,  Z = 0.01·G + 0.99·B;  "
        "L = 116·f(Y) − 16,  a = 500·(f(X) − f(Y)),  b = 200·(f(Y) − f(Z))"
    )
    source = "cuda-convnet, layer type rgb2lab"
    synonyms = ("colour", "rgb2lab", "cielab")
    inputs = (Port("input", "Input", gradient=False),)

    centred: bool = flag(False, title="Centred", help="L from −50 to 50 in place of 0 to 100.")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        if expect_picture(inputs)[2] != 3:
            raise ShapeRuleError(0, "3 channels: red, green and blue", "Use it right after the data.")
        return inputs[0]

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return 3 * inputs[0].size
