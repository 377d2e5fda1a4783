"""Max pooling across maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, ShapeRuleError, TensorType, expect_picture
from engine.layers.fields import whole
from engine.layers.window import pool_extent, some_windows
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class CmPool(Layer):
    """The largest of neighbouring maps at each pixel; tied maps all get the gradient."""

    kind = "cmpool"
    family = "pooling"
    title = "Pooling across maps"
    summary = "Keeps the largest of neighbouring maps at each place."
    formula = "y[f] = max of x[f·stride + i + start] over i from 0 to size − 1"
    source = "cuda-convnet2, layer type cmpool"
    synonyms = ("maxout", "cross map", "max pool", "channels")

    size: int = whole(2, title="Window size", help="How many maps a window holds.")
    stride: int = whole(2, title="Stride", help="Maps from one window to the next.")
    start: int = whole(
        0, minimum=-65_536, maximum=0, title="Start", help="Where the first window begins; 0 or before."
    )
    outputs: int = whole(
        0,
        minimum=0,
        title="Windows",
        help="How many windows there are, from the first on; 0 for all that fit.",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        if self.size > channels:
            raise ShapeRuleError(
                0, Words("at least {count} channels", count=self.size), "Use a smaller window."
            )
        if self.stride > self.size:
            raise ShapeRuleError(
                0, "a stride of at most the window size", "Maps between the windows would be lost."
            )
        if -self.start >= self.size:
            raise ShapeRuleError(
                0, "a start less than a window size outside", "The first window would be empty."
            )
        maps = some_windows(self.outputs, pool_extent(channels, self.size, self.stride, self.start))
        return TensorType((height, width, maps))

    def caption(self) -> str:
        return f"{self.size} maps · stride {self.stride}"
