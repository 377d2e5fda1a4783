"""Random scale: in training, another size and place of the picture each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType, expect_picture, format_pair
from engine.layers.fields import pair, real
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class RandomScale(Layer):
    """Makes each picture smaller by a random factor and cuts a random part out; at tests, fits it in whole.

    Each example of a batch has a factor and a part of its own. It hands no gradient back.
    """

    kind = "random_scale"
    family = "data"
    title = "Random scale"
    summary = "In training, makes each picture smaller by a random factor and cuts a random part out."
    formula = (
        "training: y[p, q] = x at (s(top + p), s(left + q)), bilinear, s = height / rows with rows at random "
        "from ⌊height / largest⌋ to height;   test: y = x, resized"
    )
    source = "cuda-convnet2, layer type rscale (tgtSize is size; there, one factor and part for a batch)"
    synonyms = ("rscale", "augmentation", "zoom", "jitter")
    inputs = (Port("input", "Input", gradient=False),)

    largest: float = real(
        1.25, minimum=1.0, maximum=2.0, title="Largest factor", help="Pictures get at most so much smaller."
    )
    size: tuple[int, int] = pair((24, 24), title="Size", help="Height and width of the part.", unit="px")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, channels = expect_picture(inputs)
        rows = self.least(height)
        if rows < self.size[0] or width * rows // height < self.size[1]:
            raise ShapeRuleError(
                0,
                Words(
                    "a picture of which {size} px are left, {times} times smaller",
                    size=format_pair(self.size),
                    times=f"{self.largest:g}",
                ),
                "Cut out a smaller part, or take a smaller factor.",
            )
        return TensorType((*self.size, channels))

    def least(self, height: int) -> int:
        """Return the rows that a picture of ``height`` rows has at least, in px."""
        return math.floor(height / self.largest)

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return 4 * self.output(inputs).size

    def caption(self) -> str:
        return f"÷ 1–{self.largest:g} · {format_pair(self.size)} px"
