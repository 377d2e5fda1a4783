"""Pooling: one value for each window of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, ShapeRuleError, TensorType, expect_picture, format_pair
from engine.layers.fields import choice, pair
from engine.layers.window import pool_extent, some_windows
from engine.words import Words

POOLS = (("max", "Maximum"), ("avg", "Average"), ("sum", "Sum"), ("maxabs", "Largest absolute value"))


@dataclass(frozen=True, kw_only=True)
class Pool(Layer):
    """Maximum, average or sum of the pixels of each window, or the pixel of the largest absolute value."""

    kind = "pool"
    family = "pooling"
    title = "Pooling"
    summary = "Makes maps smaller: keeps the maximum, the average or the sum of each window."
    formula = (
        "y[p, q, c] = max, mean, sum, or the largest in absolute value, of "
        "x[p·s + i + start, q·s + j + start, c] over the window's pixels inside"
    )
    source = (
        "cuda-convnet, layer type pool (tied maxima all get the gradient; averages count pixels inside only; "
        "outputs is outputsX; sum is cuda-convnet2's avg with sum=true)"
    )
    synonyms = ("pooling", "max pool", "average pool", "subsampling", "downsampling")

    pool: str = choice("max", POOLS, title="Kind", help="What is kept of each window.")
    size: tuple[int, int] = pair((3, 3), title="Window size", help="Height and width of a window.", unit="px")
    stride: tuple[int, int] = pair(
        (2, 2), title="Stride", help="Step from one window to the next.", unit="px"
    )
    start: tuple[int, int] = pair(
        (0, 0),
        minimum=-65_536,
        maximum=0,
        title="Start",
        help="Where the first window begins; negative values begin outside the picture.",
        unit="px",
    )

    outputs: tuple[int, int] = pair(
        (0, 0),
        minimum=0,
        title="Windows",
        help="How many windows there are along height and width, from the first on; 0 for all that fit.",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        for extent, size, stride, start in zip(
            (height, width), self.size, self.stride, self.start, strict=True
        ):
            if size > extent:
                needed = Words("a picture of at least {size} px", size=f"{self.size[0]} × {self.size[1]}")
                raise ShapeRuleError(0, needed, "Use a smaller window.")
            if stride > size:
                raise ShapeRuleError(
                    0, "a stride of at most the window size", "Pixels between the windows would be lost."
                )
            if -start >= size:
                raise ShapeRuleError(
                    0, "a start less than a window size outside", "The first window would be empty."
                )
        fitting = tuple(map(pool_extent, (height, width), self.size, self.stride, self.start))
        return TensorType(
            (*(some_windows(*pair) for pair in zip(self.outputs, fitting, strict=True)), channels)
        )

    def caption(self) -> str:
        parts = [dict(POOLS)[self.pool], f"{self.size[0]}×{self.size[1]}"]
        if self.stride != (1, 1):
            parts.append(f"stride {format_pair(self.stride)}")
        return " · ".join(parts)
