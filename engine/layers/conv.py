"""Convolution: one set of filters, shared by all places of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import ShapeRuleError, TensorType, WeightSpec, expect_picture, format_pair
from engine.layers.fields import pair, whole
from engine.layers.learning import WeightedLayer
from engine.layers.neuron import neuron_caption, neuron_field
from engine.layers.window import conv_extent


@dataclass(frozen=True, kw_only=True)
class Conv(WeightedLayer):
    """Filters of shape (filters, height, width, channels) that slide over a picture."""

    kind = "conv"
    family = "convolution"
    title = "Convolution"
    summary = "Slides filters over the picture; every place is looked at by the same filters."
    formula = "y[p, q, f] = g(b[f] + Σ x[p·s + i − padding, q·s + j − padding, c] · w[f, i, j, c])"
    source = "cuda-convnet, layer type conv (correlation, no flip; what overhangs the border reads zeros)"
    synonyms = ("convolution", "conv2d", "filters")

    filters: int = whole(32, title="Filters", help="Number of maps that the layer makes.")
    size: tuple[int, int] = pair((5, 5), title="Filter size", help="Height and width of a filter.", unit="px")
    stride: tuple[int, int] = pair((1, 1), title="Stride", help="Step from one place to the next.", unit="px")
    padding: tuple[int, int] = pair(
        (2, 2), minimum=0, title="Padding", help="Zeros around the picture, on each side.", unit="px"
    )
    neuron: str = neuron_field("relu")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        height, width, _ = expect_picture(inputs)
        for extent, size, padding in zip((height, width), self.size, self.padding, strict=True):
            if extent + 2 * padding < size:
                needed = " × ".join(
                    str(max(1, size - 2 * padding))
                    for size, padding in zip(self.size, self.padding, strict=True)
                )
                raise ShapeRuleError(
                    0, f"a picture of at least {needed} px", "Use a smaller filter or more padding."
                )
        places = tuple(map(conv_extent, (height, width), self.size, self.stride, self.padding))
        return TensorType((*places, self.filters))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        _, _, channels = expect_picture(inputs)
        area = self.size[0] * self.size[1]
        return self.weight_specs(
            (self.filters, *self.size, channels),
            ("filter", "kernel_height", "kernel_width", "channel"),
            biases=self.filters,
            fan_in=area * channels,
            fan_out=area * self.filters,
        )

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        _, _, channels = expect_picture(inputs)
        return self.output(inputs).size * self.size[0] * self.size[1] * channels

    def caption(self) -> str:
        parts = [f"{self.size[0]}×{self.size[1]}", f"{self.filters} filters"]
        if self.stride != (1, 1):
            parts.append(f"stride {format_pair(self.stride)}")
        return " · ".join((*parts, *neuron_caption(self.neuron)))
