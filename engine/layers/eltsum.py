"""Weighted sum of inputs of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose

from engine.layers.base import SEVERAL, Layer, Likelihood, ShapeRuleError, TensorType, expect_one_shape
from engine.layers.fields import real_list
from engine.layers.neuron import IDENTITY, neuron_caption, neuron_field
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class EltSum(Layer):
    """Sum of all inputs, each times its coefficient: the sum of a residual network."""

    kind = "eltsum"
    family = "joining"
    title = "Sum"
    summary = "Adds inputs of one shape, value by value; a residual network's shortcut."
    formula = "y = g(Σ coefficient[i] · x[i])"
    source = "cuda-convnet, layer type eltsum; He et al. 2015, 'Deep residual learning' (shortcuts)"
    synonyms = ("add", "plus", "residual", "shortcut", "elementwise", "skip connection")
    inputs = (SEVERAL,)

    coefficients: tuple[float, ...] = real_list(
        (), title="Coefficients", help="One number for each input, in order; none means 1 for all."
    )
    neuron: str = neuron_field(IDENTITY)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        if self.coefficients and len(self.coefficients) != len(inputs):
            raise ShapeRuleError(
                len(inputs) - 1,
                Words("{count} inputs, one for each coefficient", count=len(self.coefficients)),
                "Give as many coefficients as inputs, or none.",
            )
        return expect_one_shape(inputs)

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        is_mean = min(self.coefficients, default=-1.0) >= 0.0 and isclose(sum(self.coefficients), 1.0)
        return min(inputs) if is_mean and self.neuron == IDENTITY else super().likelihood(inputs)

    def multiply_adds(self, inputs: Sequence[TensorType]) -> int:
        return inputs[0].size * len(inputs)

    def caption(self) -> str:
        numbers = " + ".join(f"{number:g}" for number in self.coefficients)
        return " · ".join((*((numbers,) if numbers else ()), *neuron_caption(self.neuron)))
