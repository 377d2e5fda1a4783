"""Maximum of inputs of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, TensorType, expect_one_shape
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field


@dataclass(frozen=True, kw_only=True)
class EltMax(Layer):
    """The largest of all inputs, value by value; tied inputs all get the gradient."""

    kind = "eltmax"
    family = "joining"
    title = "Maximum"
    summary = "Keeps the largest of several inputs of one shape, value by value."
    formula = "y = g(max_i x[i])"
    source = "cuda-convnet, layer type eltmax"
    synonyms = ("maxout", "elementwise", "max")
    inputs = (Port("input", "Input", many=True, least=2),)

    neuron: str = neuron_field(IDENTITY)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return expect_one_shape(inputs)

    def caption(self) -> str:
        return " · ".join(neuron_caption(self.neuron))
