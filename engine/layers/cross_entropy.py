"""Cross entropy: the cost of the probability given to the true class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, Port, ShapeRuleError, TensorType
from engine.layers.fields import real


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Layer):
    """Mean of −log p of the true class over the examples of a batch, and the share of wrong answers."""

    kind = "cross_entropy"
    family = "cost"
    title = "Cross entropy"
    summary = "What training makes small: the surprise about the true class. Also counts wrong answers."
    formula = "E = −coefficient · mean log p[t]"
    source = "cuda-convnet, layer type cost.logreg"
    synonyms = ("logprob", "logreg", "log loss", "negative log likelihood", "cost", "loss")
    inputs = (Port("probabilities", "Probabilities"), Port("labels", "Labels", "labels"))
    is_cost = True

    coefficient: float = real(
        1.0, minimum=0.0, title="Coefficient", help="Weight of this cost among the costs of the network."
    )

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        if len(inputs[0].shape) != 1:
            raise ShapeRuleError(0, "a vector of one probability a class", "Put a softmax layer before it.")
        return TensorType((), "cost")
