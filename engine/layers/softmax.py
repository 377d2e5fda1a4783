"""Softmax: values become probabilities of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Likelihood, ShapeRuleError, TensorType


@dataclass(frozen=True, kw_only=True)
class Softmax(Layer):
    """Positive values that sum to 1 over the units."""

    kind = "softmax"
    family = "activation"
    title = "Softmax"
    summary = "Turns the last layer's outputs into probabilities of the classes."
    formula = "y[k] = e^(x[k] − max x) / Σ e^(x[i] − max x)"
    source = "cuda-convnet, layer type softmax"
    synonyms = ("probs", "probabilities")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        if len(inputs[0].shape) != 1:
            raise ShapeRuleError(0, "a vector of one value a class", "Put a fully connected layer before it.")
        return inputs[0]

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        return Likelihood.TOGETHER
