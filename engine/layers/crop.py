"""Crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType, expect_picture, format_pair
from engine.layers.fields import pair
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class Crop(Layer):
    """A part of the picture. It hands no gradient back."""

    kind = "crop"
    family = "data"
    title = "Crop"
    summary = "Cuts a part out of the picture."
    formula = "y[p, q] = x[start + p, start + q]"
    source = "cuda-convnet2, layer type crop"
    synonyms = ("cut", "slice")
    inputs = (Port("input", "Input", gradient=False),)

    size: tuple[int, int] = pair((24, 24), title="Size", help="Height and width of the part.", unit="px")
    start: tuple[int, int] = pair(
        (0, 0), minimum=0, title="Start", help="Row and column at which the part begins.", unit="px"
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        needed = (self.start[0] + self.size[0], self.start[1] + self.size[1])
        if height < needed[0] or width < needed[1]:
            expected = Words("a picture of at least {size} px", size=f"{needed[0]} × {needed[1]}")
            raise ShapeRuleError(0, expected, "Cut out a smaller part.")
        return TensorType((*self.size, channels))

    def caption(self) -> str:
        return f"{format_pair(self.size)} px from {format_pair(self.start)}"
