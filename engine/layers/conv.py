"""Convolution: one set of filters, shared by all places of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import SEVERAL, TensorType, WeightSpec, expect_picture, format_pair
from engine.layers.fields import flag, pair, whole
from engine.layers.learning import Link, WeightedLayer
from engine.layers.neuron import neuron_caption, neuron_field
from engine.layers.window import conv_places, expect_groups


@dataclass(frozen=True, kw_only=True)
class Conv(WeightedLayer):
    """Filters of shape (filters, height, width, channels / groups) that slide over a picture.

    Several inputs of one height and width have filters of their own, and their maps are summed up. With as
    many groups as channels it is a depthwise convolution.
    """

    kind = "conv"
    family = "convolution"
    title = "Convolution"
    summary = "Slides filters over the picture; every place is looked at by the same filters."
    formula = (
        "y[p, q, f] = g(b[f] + Σ x[p·s + i·d − padding, q·s + j·d − padding, c] · w[f, i, j, c]), "
        "c over the channels of f's group, d = dilation, summed over the inputs"
    )
    source = (
        "cuda-convnet, layer type conv (correlation, no flip; what overhangs the border reads zeros); "
        "Yu and Koltun 2016 (dilation)"
    )
    synonyms = ("convolution", "conv2d", "filters", "depthwise", "dilated", "atrous", "grouped")
    inputs = (SEVERAL,)

    filters: int = whole(32, title="Filters", help="Number of maps that the layer makes.")
    size: tuple[int, int] = pair((5, 5), title="Filter size", help="Height and width of a filter.", unit="px")
    stride: tuple[int, int] = pair((1, 1), title="Stride", help="Step from one place to the next.", unit="px")
    padding: tuple[int, int] = pair(
        (2, 2), minimum=0, title="Padding", help="Zeros around the picture, on each side.", unit="px"
    )
    groups: int = whole(
        1,
        title="Groups",
        help="Channels and filters are divided into so many groups, each filter seeing only its group.",
    )
    dilation: tuple[int, int] = pair(
        (1, 1), title="Dilation", help="Distance of the pixels that a filter looks at.", unit="px"
    )
    shared_biases: bool = flag(
        True, title="Shared biases", help="One bias for each map; else one for each place of each map."
    )
    neuron: str = neuron_field("relu")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        places = conv_places(inputs, self.size, self.stride, self.padding, self.dilation)
        expect_groups(inputs, self.groups, self.filters)
        return TensorType((*places, self.filters))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        height, width, _ = self.output(inputs).shape
        return self.weight_specs(
            [self._link(channels) for _, _, channels in (kind.shape for kind in inputs)],
            ("filter", "kernel_height", "kernel_width", "channel"),
            (self.filters,) if self.shared_biases else (height * width, self.filters),
            ("filter",) if self.shared_biases else ("place", "filter"),
        )

    def _link(self, channels: int) -> Link:
        area = self.size[0] * self.size[1]
        seen = channels // self.groups
        return Link((self.filters, *self.size, seen), area * seen, area * self.filters // self.groups)

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        channels = sum(expect_picture(inputs, port)[2] for port in range(len(inputs)))
        return self.output(inputs).size * self.size[0] * self.size[1] * channels // self.groups

    def caption(self) -> str:
        parts = [f"{self.size[0]}×{self.size[1]}", f"{self.filters} filters"]
        if self.stride != (1, 1):
            parts.append(f"stride {format_pair(self.stride)}")
        if self.groups > 1:
            parts.append(f"{self.groups} groups")
        if self.dilation != (1, 1):
            parts.append(f"dilation {format_pair(self.dilation)}")
        return " · ".join((*parts, *neuron_caption(self.neuron)))
