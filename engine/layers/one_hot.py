"""Labels as vectors: 1 for the true class, 0 for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType
from engine.layers.cost_layer import LABELS
from engine.layers.fields import whole


@dataclass(frozen=True, kw_only=True)
class OneHot(Layer):
    """A vector of one value a class: 1 for the true class, 0 for the others."""

    kind = "one_hot"
    family = "data"
    title = "One-hot"
    summary = "Turns labels into vectors of 0 and 1, which some costs take as their targets."
    formula = "y[k] = 1 where k = t, else 0"
    source = "cuda-convnet2, labels of cost.crossent, cost.bce and cost.dce"
    synonyms = ("targets", "one hot", "indicator", "dummy variables")
    inputs = (LABELS,)

    classes: int = whole(10, title="Classes", help="How many classes there are.")

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((self.classes,))

    def caption(self) -> str:
        return f"{self.classes} classes"
