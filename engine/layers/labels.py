"""The classes that the pictures belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import Layer, TensorType


@dataclass(frozen=True, kw_only=True)
class Labels(Layer):
    """The true class of every picture, as a whole number."""

    kind = "labels"
    family = "data"
    title = "Labels"
    summary = "The true class of every picture of the batch."
    formula = "t ∈ {0, 1, …, classes − 1}"
    source = "cuda-convnet, layer type data"
    synonyms = ("labvec", "classes", "targets")
    inputs = ()

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((), "labels")
