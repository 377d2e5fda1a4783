"""Resize."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType, expect_picture
from engine.layers.fields import real


@dataclass(frozen=True, kw_only=True)
class Resize(Layer):
    """The picture at another size, bilinear. It hands no gradient back."""

    kind = "resize"
    family = "data"
    title = "Resize"
    summary = "Makes the picture smaller or larger."
    formula = (
        "y[p, q] = x at (s(p), s(q)), bilinear; s(p) = p · scale + (height − ⌊height/scale⌋ · scale) / 2"
    )
    source = "cuda-convnet, layer type resize"
    synonyms = ("scale", "bilinear", "zoom")
    inputs = (Port("input", "Input", gradient=False),)

    scale: float = real(
        2.0, minimum=0.5, maximum=2.0, title="Scale", help="What height and width are divided by."
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        rows, columns = math.floor(height / self.scale), math.floor(width / self.scale)
        if not rows or not columns:
            raise ShapeRuleError(0, "a picture of which something is left", "Use a smaller scale.")
        return TensorType((rows, columns, channels))

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return 4 * self.output(inputs).size

    def caption(self) -> str:
        return f"÷ {self.scale:g}"
