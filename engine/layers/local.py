"""Local layer: a convolution whose places share nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import SEVERAL, TensorType, WeightSpec, expect_picture, format_pair
from engine.layers.fields import pair, whole
from engine.layers.learning import Link, WeightedLayer
from engine.layers.neuron import neuron_caption, neuron_field
from engine.layers.window import conv_places, expect_groups


@dataclass(frozen=True, kw_only=True)
class Local(WeightedLayer):
    """Each place of the picture has filters and biases of its own.

    Weights are (place, height · width · channels / groups, filters), places row after row.
    """

    kind = "local"
    family = "convolution"
    title = "Local"
    summary = "Looks at the picture as a convolution does, but with filters of its own at every place."
    formula = (
        "y[p, q, f] = g(b[p, q, f] + Σ x[p·s + i − padding, q·s + j − padding, c] · w[p, q, i, j, c, f])"
    )
    source = "cuda-convnet, layer type local"
    synonyms = ("locally connected", "untied", "unshared convolution", "local2d")
    inputs = (SEVERAL,)

    filters: int = whole(32, title="Filters", help="Number of maps that the layer makes.")
    size: tuple[int, int] = pair((3, 3), title="Filter size", help="Height and width of a filter.", unit="px")
    stride: tuple[int, int] = pair((1, 1), title="Stride", help="Step from one place to the next.", unit="px")
    padding: tuple[int, int] = pair(
        (1, 1), minimum=0, title="Padding", help="Zeros around the picture, on each side.", unit="px"
    )
    groups: int = whole(
        1,
        title="Groups",
        help="Channels and filters are divided into so many groups, each filter seeing only its group.",
    )
    neuron: str = neuron_field("relu")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        places = conv_places(inputs, self.size, self.stride, self.padding)
        expect_groups(inputs, self.groups, self.filters)
        return TensorType((*places, self.filters))

    def weights(self, inputs: Sequence[TensorType]) -> tuple[WeightSpec, ...]:
        height, width, filters = self.output(inputs).shape
        places = height * width
        area = self.size[0] * self.size[1]
        channels = [expect_picture(inputs, port)[2] // self.groups for port in range(len(inputs))]
        fan_out = area * filters // self.groups
        links = [Link((places, area * seen, filters), area * seen, fan_out) for seen in channels]
        return self.weight_specs(links, ("place", "input", "filter"), (places, filters), ("place", "filter"))

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return sum(weights.size for weights in self.weights(inputs) if weights.role == "weight")

    def caption(self) -> str:
        parts = [f"{self.size[0]}×{self.size[1]}", f"{self.filters} filters"]
        if self.stride != (1, 1):
            parts.append(f"stride {format_pair(self.stride)}")
        if self.groups > 1:
            parts.append(f"{self.groups} groups")
        return " · ".join((*parts, *neuron_caption(self.neuron)))
