"""Gaussian blur."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType, expect_picture
from engine.layers.fields import choice, real


@dataclass(frozen=True, kw_only=True)
class Blur(Layer):
    """Each map, blurred by a Gaussian that is cut off and sums to 1."""

    kind = "blur"
    family = "convolution"
    title = "Blur"
    summary = "Blurs each map; outside the picture there are zeros."
    formula = (
        "y[p, q] = Σ g[i] · g[j] · x[p + i, q + j], g[i] = e^(−i² / 2·deviation²) / Σ e^(−i² / 2·deviation²)"
    )
    source = "cuda-convnet, layer type blur (deviation is stdev)"
    synonyms = ("gaussian", "smooth", "low-pass")

    size: str = choice(
        "5",
        tuple((size, f"{size} px") for size in ("3", "5", "7", "9")),
        title="Filter size",
        help="Extent of the filter.",
    )
    deviation: float = real(
        1.0,
        minimum=0.0,
        open_minimum=True,
        title="Deviation",
        help="Standard deviation of the Gaussian.",
        unit="px",
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        expect_picture(inputs)
        return inputs[0]

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return 2 * int(self.size) * inputs[0].size

    def caption(self) -> str:
        return f"{self.size} px · deviation {self.deviation:g}"
