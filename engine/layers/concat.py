"""Concatenation: the channels of all inputs, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers.base import SEVERAL, Layer, Likelihood, ShapeRuleError, TensorType
from engine.words import Words


@dataclass(frozen=True, kw_only=True)
class Concat(Layer):
    """Pictures of one size become one with all their channels; vectors become one vector."""

    kind = "concat"
    family = "joining"
    title = "Concatenation"
    summary = "Puts the channels of several pictures, or the units of several vectors, side by side."
    formula = "y = (x[1], x[2], …), along the channels"
    source = "cuda-convnet2, layer type concat"
    synonyms = ("join", "merge", "stack", "inception")
    inputs = (SEVERAL,)

    def output(self, inputs: Sequence[TensorType]) -> TensorType:
        *places, _ = inputs[0].shape
        for port, kind in enumerate(inputs):
            if kind.shape[:-1] != tuple(places):
                expected = Words("a vector, like the first input")
                if places:
                    expected = Words("{size} px, like the first input", size="×".join(map(str, places)))
                raise ShapeRuleError(port, expected, "Give all inputs one size.")
        return TensorType((*places, sum(kind.shape[-1] for kind in inputs)))

    def likelihood(self, inputs: Sequence[Likelihood]) -> Likelihood:
        return min(*inputs, Likelihood.EACH)
